"""Benchmarks of synthesis, the request path, drift detection and fleet retraining."""
