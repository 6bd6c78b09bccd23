"""Judges a version that was tried beside the serving one, by captures, outcomes and metrics.

Captures of days are more than a function reads, so a part of them is read, spread evenly over the time:
whole stretches of ten minutes, so that both versions' answers to a request are found.
"""
