"""Resolve a monitoring execution: which windows of served time are computed, from which files, against what."""
