"""Leases for retraining: one lease per model, and a budget that all models of a fleet share."""
