"""Accepts the rules that a team uploads, and refuses those that cannot be used."""
