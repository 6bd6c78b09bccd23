"""The audit: the report of one prediction, the table of executions, the tree of versions."""
