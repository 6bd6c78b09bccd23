"""Calls to AWS that several functions make: clients, signed HTTP, SageMaker, Step Functions, metrics."""
