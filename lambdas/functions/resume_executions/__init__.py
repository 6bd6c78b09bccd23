"""Resumes executions that wait for their endpoint, or for a decision on a package."""
