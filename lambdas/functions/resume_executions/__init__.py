"""Resumes executions that wait for their endpoint, or for the approval of a package."""
