"""Delivery: the pipeline that takes a commit through a build to every environment."""
