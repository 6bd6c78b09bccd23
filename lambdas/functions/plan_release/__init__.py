"""Plans a release: which package, which configuration, and what is left to do."""
