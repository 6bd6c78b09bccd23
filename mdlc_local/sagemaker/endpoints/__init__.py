"""Endpoints: configurations, deployments, traffic, invocations, utilization and data capture."""
