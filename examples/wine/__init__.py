"""Wines of three cultivars, told apart by a chemical analysis: rows without a time and without an id."""
