"""Resolve a training execution: pin the data version, derive names, find where to resume."""
