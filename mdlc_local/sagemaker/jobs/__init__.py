"""Processing, training and transform jobs: what is checked before one exists, and how it runs."""
