"""Delivers a file of a published batch, row by row: as items of a table, or as events."""
