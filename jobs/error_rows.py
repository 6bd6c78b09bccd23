"""Raw values of holdout rows, by which the evaluate job fits the model of a regression's errors.

The features job writes them beside the keys, because the evaluate job does not see raw rows.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from jobs.database import parquet, quote
from jobs.names import internal
from jobs.serving.program import Program

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FILE = "inputs.parquet"
MAX_ROWS = 20_000
TASKS = ("regression",)
"""The tasks whose errors a model predicts."""

_NUMBERS, _TEXTS = ("number", "integer", "boolean"), ("category",)
_ROW = internal("row")


def modelled_columns(columns: Mapping[str, str]) -> dict[str, str]:
    """The columns that errors are predicted from; times and texts never repeat and say nothing."""
    return {name: kind for name, kind in columns.items() if kind in (*_NUMBERS, *_TEXTS)}


def inputs_query(program: Program, relation: str, order: str, rows: int) -> str:
    """The SQL query of at most `MAX_ROWS` records, evenly chosen, with their numbers in the records' order.

    Args:
        rows: the number of the relation's rows.
    """
    names = [quote(name) for name in modelled_columns(program.columns)]
    raw = "".join(f", raw.{name}" for name in names)
    every = -(-rows // MAX_ROWS)
    return (
        f"SELECT * FROM (SELECT row_number() OVER (ORDER BY {order}) - 1 AS {_ROW}{raw} "
        f"FROM {quote(relation)} AS raw) WHERE {_ROW} % {max(1, every)} = 0 ORDER BY {_ROW}"
    )


def read_inputs(
    connection: duckdb.DuckDBPyConnection, path: Path
) -> "tuple[npt.NDArray[np.int_], dict[str, npt.NDArray[Any]]]":
    """The numbers of the written rows, and their values by column."""
    import numpy as np  # not among the packages of the features job, which only writes the rows

    described = connection.execute(f"DESCRIBE FROM {parquet(path)}").fetchall()
    kinds = {str(name): "category" if kind == "VARCHAR" else "number" for name, kind, *_ in described[1:]}
    values, (rows,) = values_of(connection, f"FROM {parquet(path)}", kinds, also=[_ROW])
    return np.asarray(rows, dtype=np.int_), values


def values_of(
    connection: duckdb.DuckDBPyConnection, source: str, kinds: Mapping[str, str], *, also: list[str]
) -> "tuple[dict[str, npt.NDArray[Any]], list[npt.NDArray[Any]]]":
    """Columns as `jobs.statistics.error_model` takes them, by name, and the values of further expressions.

    Args:
        source: the SQL from FROM on.
        kinds: the columns, with their declared types.
    """
    selected = [
        quote(name) if kind in _TEXTS else f"CAST({quote(name)} AS DOUBLE)" for name, kind in kinds.items()
    ]
    named = ", ".join(f"{expression} AS c{place}" for place, expression in enumerate([*selected, *also]))
    arrays = connection.execute(f"SELECT {named} {source}").fetchnumpy()
    plain = [_plain(array) for array in arrays.values()]
    return dict(zip(kinds, plain, strict=False)), plain[len(kinds) :]


def _plain(array: "npt.NDArray[Any]") -> "npt.NDArray[Any]":
    """The array without a mask: missing numbers are NaN, missing texts None."""
    import numpy as np

    if not isinstance(array, np.ma.MaskedArray):
        return array
    plain = np.array(array.data)
    plain[np.ma.getmaskarray(array)] = np.nan if plain.dtype.kind == "f" else None
    return plain
