"""Raw values of holdout rows, by which the evaluate job fits the model of a regression's errors.

The features job writes them beside the keys, because the evaluate job does not see raw rows.
"""

from collections.abc import Mapping

from jobs.database import quote
from jobs.names import internal
from jobs.serving.program import Program

FILE = "inputs.parquet"
MAX_ROWS = 20_000
TASKS = ("regression",)
"""The tasks whose errors a model predicts."""

ROW = internal("row")
NUMBERS, TEXTS = ("number", "integer", "boolean"), ("category",)
"""The kinds of columns that errors are predicted from."""


def modelled_columns(columns: Mapping[str, str]) -> dict[str, str]:
    """The columns that errors are predicted from; times and texts never repeat and say nothing."""
    return {name: kind for name, kind in columns.items() if kind in (*NUMBERS, *TEXTS)}


def inputs_query(program: Program, relation: str, order: str, rows: int) -> str:
    """The SQL query of at most `MAX_ROWS` records, evenly chosen, with their numbers in the records' order.

    Args:
        rows: the number of the relation's rows.
    """
    names = [quote(name) for name in modelled_columns(program.columns)]
    raw = "".join(f", raw.{name}" for name in names)
    every = -(-rows // MAX_ROWS)
    return (
        f"SELECT * FROM (SELECT row_number() OVER (ORDER BY {order}) - 1 AS {ROW}{raw} "
        f"FROM {quote(relation)} AS raw) WHERE {ROW} % {max(1, every)} = 0 ORDER BY {ROW}"
    )
