"""Batch inference on files as they are: texts in JSON lines, or one object a request."""
