"""Releases a model package to an endpoint."""
