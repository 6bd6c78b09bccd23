"""Makes the decision on one request: features, score, rules, record, action."""
