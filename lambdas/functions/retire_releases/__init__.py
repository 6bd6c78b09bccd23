"""Deletes the endpoint configurations and serving models of old releases."""
