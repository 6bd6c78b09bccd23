"""The workflow templates: each a pure function from settings to a machine, and a thin construct around it."""
