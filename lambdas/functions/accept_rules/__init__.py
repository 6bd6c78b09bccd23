"""Validates the rules that a team uploads, and stores valid ones as the current rules."""
