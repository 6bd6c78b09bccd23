"""Requests with known answers to an endpoint, and the comparison of two versions' answers."""
