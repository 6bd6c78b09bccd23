"""Tables for tests of drift, made of columns in plain values."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mdlc_constructs.settings.payloads.dataset import DatasetSection

Values = Sequence[Any] | NDArray[Any]

KINDS = 8  # of quiet columns, see quiet()


def relation(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, Values]) -> str:
    """Make a table of the columns; a None or NaN is a missing value."""
    frame = pd.DataFrame(dict(columns))
    connection.register("given", frame)
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM given")
    connection.unregister("given")
    return name


def dataset_of(columns: Mapping[str, str], *, key: str, task: str = "binary") -> DatasetSection:
    """A dataset whose features are the columns, and whose key and time are none of them."""
    return DatasetSection(
        format="csv",
        timestamp="t",
        row_key=(key,),
        columns=columns,
        features=tuple(columns),
        positive="1",
        task=task,
    )


def quiet(random: np.random.Generator, rows: int, columns: int) -> dict[str, NDArray[Any]]:
    """Columns of many kinds, from distributions that depend on a column's place alone."""
    return {f"c{place}": _column(random, place % KINDS, rows) for place in range(columns)}


def quiet_kinds(columns: int) -> dict[str, str]:
    """The kinds of the columns of ``quiet``."""
    return {f"c{place}": "category" if place % KINDS in (5, 6) else "number" for place in range(columns)}


def _column(random: np.random.Generator, kind: int, rows: int) -> NDArray[Any]:
    if kind == 0:
        return random.normal(0, 1, rows)
    if kind == 1:
        return random.exponential(1, rows)
    if kind == 2:  # mostly nothing
        return np.where(random.random(rows) < 0.9, 0, random.poisson(5, rows)).astype(float)
    if kind == 3:
        return random.integers(0, 2, rows).astype(float)
    if kind == 4:  # heavy tails, and values missing
        values = random.standard_t(2, rows)
        values[random.random(rows) < 0.02] = np.nan
        return values
    if kind == 5:
        return random.choice(list("abcdef"), rows, p=[0.5, 0.3, 0.1, 0.06, 0.03, 0.01])
    if kind == 6:  # many rare categories, most windows have new ones
        return np.char.add("k", np.minimum(random.zipf(1.5, rows), 10**6).astype(str))
    return np.full(rows, 3.0)
