"""Delivery pipelines: their executions, what failed in them, and their approvals."""
