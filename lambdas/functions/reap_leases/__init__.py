"""Evicts, on a schedule, the leases that dead executions hold."""
