"""The model registry: models, model packages and their groups."""
