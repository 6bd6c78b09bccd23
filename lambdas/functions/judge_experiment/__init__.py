"""Judges an experiment: compares a new version with the champion by captures, outcomes and metrics.

A function cannot read the captures of days, so it reads a sample, spread evenly over the time: all files of
some ten-minute intervals, so that both versions' answers to a request are in it.
"""
