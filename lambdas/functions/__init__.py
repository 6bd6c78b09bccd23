"""The Lambda functions, one folder each: a handler, and its logic without AWS."""
