"""Wakes a release that waits for its endpoint."""
