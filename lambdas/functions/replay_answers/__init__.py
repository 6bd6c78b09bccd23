"""Replays the captured requests of a window: the same input must have the same answer."""
