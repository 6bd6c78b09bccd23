"""What the monitor job is made of: served rows, what came of them, and what both say about a model."""
