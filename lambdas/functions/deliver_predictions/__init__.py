"""Deliver a file of a published batch's rows: items of a look-up table, or an event for each row."""
