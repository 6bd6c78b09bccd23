"""Employment in the United States by industry and month, from the package vega-datasets."""

import csv
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

COLUMNS = ("industry", "month", "employed")


def points() -> Iterator[tuple[str, str, str]]:
    """Each industry's employment, in thousands, in each month from 2006 to 2015."""
    package = find_spec("vega_datasets")
    assert package is not None and package.submodule_search_locations is not None, "install vega-datasets"
    path = Path(package.submodule_search_locations[0]) / "_data" / "us-employment.csv"
    with path.open(newline="") as stream:
        for row in csv.DictReader(stream):
            month = row.pop("month")
            row.pop("nonfarm_change")
            yield from ((industry, month, employed) for industry, employed in row.items())


def write(path: Path, *, before: str, since: str = "") -> Path:
    """Write a file of the points from one month on, up to before another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(point for point in points() if since <= point[1] < before)
    return path
