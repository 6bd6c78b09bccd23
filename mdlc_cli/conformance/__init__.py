"""Compares AWS with the embedded AWS: each belief about AWS is asked as one probe."""
