"""Lambda functions: one folder each, `handler.py` (parse, call, shape) and `logic.py` (pure)."""
