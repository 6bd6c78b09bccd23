"""Writes a training to MLflow: its hyperparameters, metrics and versions."""
