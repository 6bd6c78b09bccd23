"""Resolve a monitoring execution: which windows are computed, from which files, against what."""
