"""Custom resource that, on delete, deletes what executions created and CloudFormation does not own."""
