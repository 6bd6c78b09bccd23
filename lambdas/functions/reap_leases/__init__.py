"""Takes back, by the clock, what dead executions hold of a fleet's budget."""
