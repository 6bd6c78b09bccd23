"""Deletes endpoint configurations and serving models of releases long past."""
