"""A model server that keeps SageMaker's container contract; what a team edits is ``model.py`` beside it."""
