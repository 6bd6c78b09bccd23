"""Delete-time custom resource: end what the state machines made and CloudFormation does not own."""
