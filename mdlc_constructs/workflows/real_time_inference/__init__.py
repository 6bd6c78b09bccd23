"""Releases a model package to an endpoint.

The pure machine alone: no construct stands around it yet, so nothing here is exported or deployed.
"""
