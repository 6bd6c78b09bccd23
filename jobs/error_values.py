"""The raw values by which the model of a regression's errors is fitted and asked, as arrays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from jobs.database import parquet, quote
from jobs.error_rows import ROW, TEXTS


def read_inputs(
    connection: duckdb.DuckDBPyConnection, path: Path
) -> tuple[npt.NDArray[np.int_], dict[str, npt.NDArray[Any]]]:
    """The numbers of the written rows, and their values by column."""
    described = connection.execute(f"DESCRIBE FROM {parquet(path)}").fetchall()
    kinds = {str(name): "category" if kind == "VARCHAR" else "number" for name, kind, *_ in described[1:]}
    values, (rows,) = values_of(connection, f"FROM {parquet(path)}", kinds, also=[ROW])
    return np.asarray(rows, dtype=np.int_), values


def values_of(
    connection: duckdb.DuckDBPyConnection, source: str, kinds: Mapping[str, str], *, also: list[str]
) -> tuple[dict[str, npt.NDArray[Any]], list[npt.NDArray[Any]]]:
    """Columns as `jobs.statistics.error_model` takes them, by name, and the values of further expressions.

    Args:
        source: the SQL from FROM on.
        kinds: the columns, with their declared types.
    """
    selected = [
        quote(name) if kind in TEXTS else f"CAST({quote(name)} AS DOUBLE)" for name, kind in kinds.items()
    ]
    named = ", ".join(f"{expression} AS c{place}" for place, expression in enumerate([*selected, *also]))
    arrays = connection.execute(f"SELECT {named} {source}").fetchnumpy()
    columns: list[Any] = [*arrays.values()]
    plain = [_plain(array) for array in columns]
    return dict(zip(kinds, plain, strict=False)), plain[len(kinds) :]


def _plain(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The array without a mask: missing numbers are NaN, missing texts None."""
    if not isinstance(array, np.ma.MaskedArray):
        return array
    plain = np.array(array.data)
    plain[np.ma.getmaskarray(array)] = np.nan if plain.dtype.kind == "f" else None
    return plain
