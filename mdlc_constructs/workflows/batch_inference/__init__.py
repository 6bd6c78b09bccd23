"""Batch inference: from a data prefix to checked, published predictions."""
