"""Records each trigger of a retraining once, and starts the retraining that it belongs to."""
