"""Sends rows with known answers to an endpoint, and compares the answers of two versions."""
