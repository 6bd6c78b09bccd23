"""How a stored value becomes one of its column's declared type, as SQL.

The same value gives the same result however a file holds it: as text, or as any of Parquet's numeric types.
"""

import re

from jobs.serving.values import LARGEST_EXACT_INTEGER

SQL_TYPES = {
    "number": "DOUBLE",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "category": "VARCHAR",
    "text": "VARCHAR",
}
_NUMERIC = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
)


def parsed(raw: str, kind: str, stored: str) -> str:
    """What the stored value is when read as the declared kind; NULL when it does not fit.

    :param raw: the column, in SQL.
    :param kind: the declared type, one of `SQL_TYPES`.
    :param stored: DuckDB's name of the type that the file holds.
    """
    if kind in ("category", "text"):
        return _text(raw, stored)
    temporal = stored.startswith(("TIMESTAMP", "DATE"))
    direct = temporal if kind == "timestamp" else stored.startswith(_NUMERIC)
    source = raw if direct else f"CAST({raw} AS VARCHAR)"
    if kind == "timestamp":
        # By way of a zone: a plain cast to TIMESTAMP ignores an offset like +02:00 without a word.
        return f"CAST(TRY_CAST({source} AS TIMESTAMPTZ) AS TIMESTAMP)"
    return f"TRY_CAST({source} AS {'BOOLEAN' if kind == 'boolean' else 'DOUBLE'})"


def _text(raw: str, stored: str) -> str:
    """Whole numbers without a fraction: programs store integers as floating point once one is missing."""
    text = f"CAST({raw} AS VARCHAR)"
    if stored in ("FLOAT", "DOUBLE"):
        return (
            f"CASE WHEN isnan({raw}) THEN NULL WHEN {_whole(raw)} "
            f"THEN CAST(CAST({raw} AS BIGINT) AS VARCHAR) ELSE {text} END"
        )
    if re.fullmatch(r"DECIMAL\(\d+,[1-9]\d*\)", stored):
        return f"rtrim(rtrim({text}, '0'), '.')"
    return text


def _whole(number: str) -> str:
    """The condition that a floating point number is a whole one, and exactly the one that was meant."""
    return f"isfinite({number}) AND {number} = trunc({number}) AND abs({number}) <= {LARGEST_EXACT_INTEGER}"


def checked(parsed: str, kind: str) -> tuple[str, str | None]:
    """The column's value, and the condition under which something was there that does not fit."""
    if kind in ("category", "text"):
        return parsed, None
    if kind == "boolean":
        return parsed, f"{parsed} IS NULL"
    if kind in ("timestamp", "number"):
        # NaN is how many programs write a missing number; an infinite one is a mistake.
        return f"CASE WHEN isfinite({parsed}) THEN {parsed} END", f"({parsed} IS NULL OR isinf({parsed}))"
    whole = _whole(parsed)
    return (
        f"CASE WHEN {whole} THEN CAST({parsed} AS BIGINT) END",
        f"({parsed} IS NULL OR (NOT isnan({parsed}) AND NOT ({whole})))",
    )
