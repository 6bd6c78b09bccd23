"""The flights of a month: the rows that passengers request, and the outcomes that are known a day later."""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from examples.flight_delay.asking import Row, raw_rows
from examples.flight_delay.data import MONTHS, write_dataset, write_scoring_input

MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def month_name(month: int) -> str:
    """`May` for 5."""
    return MONTH_NAMES[month - 1]


def write_year(folder: Path) -> None:
    """Write every month twice, unless it exists: `known/` with the flights' outcomes, `asked/` without."""
    if (folder / "complete").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    write_dataset(folder / "known", MONTHS)
    write_scoring_input(folder / "asked", MONTHS)
    (folder / "complete").touch()


def file_name(month: int) -> str:
    """The file name of a month."""
    return f"2013-{month:02d}.csv"


def all_but_the_last_day(path: Path, folder: Path) -> Path:
    """A copy of a month's file at the end of the month, when the last day's outcomes are not known yet."""
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    with duckdb.connect() as connection:
        rows = f"SELECT * FROM read_csv('{path}', all_varchar = true)"
        last = f"(SELECT max(time_hour)[:10] FROM ({rows}))"
        connection.execute(f"COPY ({rows} WHERE time_hour < {last}) TO '{target}' (FORMAT csv, HEADER true)")
    return target


def asked_about(folder: Path, month: int, share: int) -> list[Row]:
    """Every `share`-th flight of a month as known at scheduled departure, in chronological order."""
    return raw_rows(folder / "asked" / file_name(month))[::share]


def requests(rows: Sequence[Row], size: int) -> Iterator[bytes]:
    """Bodies of requests to the endpoint, with `size` flights each."""
    for start in range(0, len(rows), size):
        yield "\n".join(json.dumps(row) for row in rows[start : start + size]).encode()
