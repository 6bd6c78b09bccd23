"""Versions of a model: how they compare, and who decided about them."""
