"""Metrics of a model's answers, task by task, with confidence intervals by the bootstrap."""
