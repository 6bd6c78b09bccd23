"""Code shared by the planning functions: execution plans, steps, data sources, intervals, audit table."""
