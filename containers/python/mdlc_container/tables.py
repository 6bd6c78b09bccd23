"""Reads request bodies as data frames with the names of training: CSV, JSON, JSON Lines and Parquet."""

import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import pandas as pd

from serving.bodies import CSV, JSON_LINES, RequestError, read_csv

JSON = "application/json"
PARQUET = "application/vnd.apache.parquet"
_PARQUET_NAMES = (PARQUET, "application/x-parquet")

Names = Sequence[str]


def from_csv(body: bytes, names: Names) -> pd.DataFrame:
    """Rows without a header, in the order of training."""
    rows = read_csv(body)
    if len(rows[0]) != len(names):
        raise RequestError(
            f"Line 1 has {len(rows[0])} values, the model takes {len(names)}: {_listed(names)}."
        )
    return pd.DataFrame(rows, columns=list(names), dtype="float64")


def from_json_lines(body: bytes, names: Names) -> pd.DataFrame:
    """One JSON object a line by name, or one array a line in the order of training."""
    rows = []
    # Not splitlines: a JSON string may contain Unicode line separators.
    for number, line in enumerate(body.split(b"\n"), start=1):
        if line.strip():
            rows.append(_row(_parsed(line, f"Line {number}"), names, f"Line {number}"))
    return _frame(rows, names)


def from_json(body: bytes, names: Names) -> pd.DataFrame:
    """A list of rows, or an object with such a list as ``instances``; a row is an object or an array."""
    document = _parsed(body, "The body")
    instances = document.get("instances") if isinstance(document, dict) else document
    if not isinstance(instances, list):
        raise RequestError(
            'Send a list of rows, or {"instances": [...]}: each an object by name or an array.'
        )
    return _frame([_row(row, names, f"Row {number}") for number, row in enumerate(instances, start=1)], names)


def from_parquet(body: bytes, names: Names) -> pd.DataFrame:
    """A Parquet file with the columns of training, in any order."""
    if find_spec("pyarrow") is None:
        raise RequestError(
            f"{PARQUET} needs pyarrow: add it to requirements.in of the container, or send CSV.", 415
        )
    try:
        table = pd.read_parquet(io.BytesIO(body))
    except (ValueError, OSError) as error:
        raise RequestError(f"The body is no Parquet file: {error}") from error
    for name in names:
        if name not in table.columns:
            raise RequestError(f"The Parquet file has no column {name!r}.")
        if not pd.api.types.is_numeric_dtype(table[name]):
            bad = pd.to_numeric(table[name], errors="coerce").isna() & table[name].notna()
            place = int(bad.to_numpy().argmax()) if bad.any() else 0
            raise RequestError(f"Row {place + 1}, column {name!r}: {table[name].iloc[place]!r} is no number.")
    if table.empty:
        raise RequestError("The body has no rows.")
    return table[list(names)].astype("float64")


READERS: Mapping[str, Callable[[bytes, Names], pd.DataFrame]] = {
    CSV: from_csv,
    JSON: from_json,
    JSON_LINES: from_json_lines,
    **dict.fromkeys(_PARQUET_NAMES, from_parquet),
}


def _parsed(text: bytes, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise RequestError(f"{where}: {_shown(text.decode(errors='replace'))} is no JSON.") from None


def _row(row: Any, names: Names, where: str) -> list[float]:
    if isinstance(row, list):
        if len(row) != len(names):
            raise RequestError(
                f"{where} has {len(row)} values, the model takes {len(names)}: {_listed(names)}."
            )
        return [_number(value, f"{where}, column {place}") for place, value in enumerate(row, start=1)]
    if not isinstance(row, dict):
        raise RequestError(f"{where} is neither an object nor an array.")
    for name in names:
        if name not in row:
            raise RequestError(f"{where} has no column {name!r}: send null for a missing value.")
    return [_number(row[name], f"{where}, column {name!r}") for name in names]


def _number(value: Any, where: str) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RequestError(f"{where}: {_shown(json.dumps(value))} is no number.")
    return float(value)


def _frame(rows: list[list[float]], names: Names) -> pd.DataFrame:
    if not rows:
        raise RequestError("The body is empty: send at least one row.")
    return pd.DataFrame(rows, columns=list(names), dtype="float64")


def _listed(names: Names) -> str:
    return ", ".join(names) if len(names) <= 8 else f"{', '.join(names[:8])}, ..."


def _shown(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else f"{text[:40]}…"
