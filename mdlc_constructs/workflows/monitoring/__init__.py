"""The monitoring workflow: what a model was asked and answered, held against its baseline and the truth."""
