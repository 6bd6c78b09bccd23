"""What planning functions share: the plan of an execution, its steps, sources, intervals, audit table."""
