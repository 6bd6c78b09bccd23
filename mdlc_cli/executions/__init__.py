"""State machines and their executions: start, watch, how they ended, and why they failed."""
