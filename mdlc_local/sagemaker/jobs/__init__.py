"""Processing, training and transform jobs: the checks of their requests, and their execution."""
