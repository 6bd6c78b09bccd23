"""Plans a release: which package, which endpoint configuration, and what is left to do."""
