"""A model server for SageMaker's container contract; teams edit only ``model.py`` next to it."""
