"""Collects the trials of a tuning, and copies the best one's model to where a training job would leave it."""
