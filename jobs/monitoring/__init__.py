"""The parts of the monitor job: served rows, late labels, drift, accuracy and the report."""
