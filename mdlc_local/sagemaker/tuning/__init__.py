"""Hyperparameter tuning jobs: a search by Optuna, whose trials are training jobs of this server."""
