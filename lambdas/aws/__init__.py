"""AWS calls shared by the functions: clients, signed HTTP, SageMaker, Step Functions, metrics."""
