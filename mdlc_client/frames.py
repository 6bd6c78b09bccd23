"""Makes pandas data frames of what workflows left. Pure, but for the import of pandas and DuckDB."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdlc_client.audit import plain
from mdlc_client.errors import ChoiceError, MissingPackageError, unknown

if TYPE_CHECKING:
    from pandas import DataFrame

Rows = Sequence[Mapping[str, Any]]

MOMENT, TEXT, WHOLE, NUMBER, TRUTH, OBJECT = (
    "datetime64[ns, UTC]",
    "string",
    "Int64",
    "Float64",
    "boolean",
    "object",
)
"""The dtypes of columns; all of them have a missing value."""


_NULLABLE = {"i": WHOLE, "u": WHOLE, "b": TRUTH}
"""The dtypes of columns of whole numbers and booleans, by numpy's kind; numpy's own have no missing value."""


def package(name: str) -> Any:
    """A package that is imported only where it is needed.

    Raises:
        MissingPackageError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingPackageError(
            f"{name} is not installed: install it with `pip install 'mdlc-constructs[client]'`"
        ) from error


def frame(rows: Rows, dtypes: Mapping[str, str]) -> DataFrame:
    """A data frame with these columns, in this order; columns of the rows that are not named are numbers.

    Args:
        rows: one mapping a row; a value that is left out or None is missing.
        dtypes: the dtypes by column.
    """
    pandas = package("pandas")
    more = {name: NUMBER for row in rows for name in row if name not in dtypes}
    columns = {}
    for name, dtype in {**dtypes, **more}.items():
        values = [row.get(name) for row in rows]
        if dtype == MOMENT:
            moments = pandas.to_datetime(
                pandas.Series(values, dtype=OBJECT), utc=True, format="ISO8601", errors="coerce"
            )
            columns[name] = moments.astype(MOMENT)
        else:
            columns[name] = pandas.Series(values, dtype=OBJECT if dtype == OBJECT else dtype)
    table: DataFrame = pandas.DataFrame(columns)
    return table


def parquet(paths: Sequence[Path], columns: Sequence[str] | None = None) -> DataFrame:
    """The rows of Parquet files, in the order of the files; times are in UTC."""
    duckdb, pandas, numpy = package("duckdb"), package("pandas"), package("numpy")
    chosen = "*" if columns is None else ", ".join('"{}"'.format(name.replace('"', '""')) for name in columns)
    options = "union_by_name = true, binary_as_string = true, hive_partitioning = false"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        read, names = f"FROM read_parquet(?, {options})", [str(path) for path in paths]
        known = [row[0] for row in connection.execute(f"DESCRIBE {read}", [names]).fetchall()]
        for name in columns or ():
            if name not in known:
                raise ChoiceError(unknown("column", name, known, "is in the files"))
        # `df` uses what pandas deprecates.
        arrays = connection.execute(f"SELECT {chosen} {read}", [names]).fetchnumpy()
    rows = {}
    for name, array in arrays.items():
        values, missing = pandas.Series(numpy.ma.getdata(array)), numpy.ma.getmaskarray(array)
        if values.dtype.kind in _NULLABLE:
            values = values.astype(_NULLABLE[values.dtype.kind])
        if values.dtype.kind == "M":
            values = values.dt.tz_localize("UTC")
        rows[name] = values.mask(missing) if missing.any() else values
    table: DataFrame = pandas.DataFrame(rows)
    return table


def number(value: Any) -> float | None:
    """A number from DynamoDB's types or from text; None for what is none."""
    if value is None or value == "":
        return None
    try:
        return float(plain(value)) if not isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        return None


def whole(value: Any) -> int | None:
    """A whole number, as `number` reads it."""
    read = number(value)
    return None if read is None else int(read)


def truth(value: Any) -> bool | None:
    """A boolean from `true` and `false`; None for anything else."""
    return {"true": True, "false": False, True: True, False: False}.get(value)


def text(value: Any) -> str | None:
    """A text; None for an empty one."""
    return None if value in (None, "") else str(value)


def with_intervals(metrics: Any) -> dict[str, float | None]:
    """The columns of metrics: `<name>`, `<name>_low` and `<name>_high`.

    Args:
        metrics: by name a number, or a mapping with `value`, `low` and `high`.
    """
    if not isinstance(metrics, Mapping):
        return {}
    columns: dict[str, float | None] = {}
    for name, value in metrics.items():
        parts = value if isinstance(value, Mapping) else {"value": value}
        columns |= {
            name: number(parts.get("value")),
            f"{name}_low": number(parts.get("low")),
            f"{name}_high": number(parts.get("high")),
        }
    return columns


def loaded(value: Any) -> Any:
    """The value of a JSON text; None for a text that is none."""
    try:
        return json.loads(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
