"""Recorded predictions: where they are found, and their export."""
