"""Reminds of a version that waits for a person's approval, and rejects it when nobody decides in time."""
