"""Takes back, on a schedule, what dead executions hold of a fleet's budget."""
