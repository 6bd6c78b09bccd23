"""Notes what may start a retraining, once, and starts the retraining that it belongs to."""
