"""Plans batch inference on files: which package, which files, and the next state."""
