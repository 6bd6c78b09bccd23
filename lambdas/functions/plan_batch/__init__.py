"""Plans a batch inference execution: which package, which input files, and the next state."""
