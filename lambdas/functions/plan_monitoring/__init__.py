"""Plans a monitoring execution: which windows to compute, from which files, against which baseline."""
