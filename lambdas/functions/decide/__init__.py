"""Decides about one request: features, score, rules, record, action."""
