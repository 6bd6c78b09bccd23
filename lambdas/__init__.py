"""Lambda functions, one folder each, with `handler.py` (AWS calls) and `logic.py` (pure functions)."""
