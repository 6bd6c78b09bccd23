"""Training: from a data prefix to a registered, gated and approved model package."""
