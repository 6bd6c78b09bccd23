"""Classify wines of three cultivars by a chemical analysis: rows without a time and without an id."""
