"""Resolve a batch inference execution: choose the package, pin the input, find where to resume."""
