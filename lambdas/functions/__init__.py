"""The Lambda functions, one folder each: a handler, and its logic as pure functions."""
