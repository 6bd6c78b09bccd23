"""Plans a training execution: the data version, the names of its jobs, and the next state."""
