"""How a stored value becomes one of its column's declared type, as SQL.

The same value gives the same result however a file holds it: as text, or as any of Parquet's types. What a
JSON row holds becomes the same by `jobs.serving.values`, which says it in Python.
"""

import re

from jobs.serving.values import MAX_EXACT_INTEGER

SQL_TYPES = {
    "number": "DOUBLE",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "category": "VARCHAR",
    "text": "VARCHAR",
}
TEXTS = ("category", "text")
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_FLOATS = ("FLOAT", "DOUBLE")
_NUMERIC = (*_INTEGERS, *_FLOATS, "HUGEINT", "UBIGINT", "DECIMAL", "BOOLEAN")
_BYTES = "BLOB"
_DIGITS, _SPACE = "[0-9](_?[0-9])*", "[ \\t\\n\\v\\f\\r]*"


def parsed_value(raw: str, kind: str, stored: str) -> str:
    """What the stored value is when read as the declared kind; NULL when it does not fit.

    Args:
        raw: the column, in SQL.
        kind: the declared type, one of `SQL_TYPES`.
        stored: DuckDB's name of the type that the file holds.
    """
    if kind in TEXTS:
        return _text(raw, stored)
    if kind == "integer":
        return _integer(raw, stored)
    source = raw if _direct(kind, stored) else _plain(raw, stored)
    if kind == "timestamp":
        # By way of a zone: a plain cast to TIMESTAMP ignores an offset like +02:00 without a word.
        return f"CAST(TRY_CAST({source} AS TIMESTAMPTZ) AS TIMESTAMP)"
    return f"TRY_CAST({source} AS {'BOOLEAN' if kind == 'boolean' else 'DOUBLE'})"


def _direct(kind: str, stored: str) -> bool:
    """Whether the stored type is read as it is, and not by way of its text."""
    return stored.startswith(("TIMESTAMP", "DATE") if kind == "timestamp" else _NUMERIC)


def _plain(raw: str, stored: str) -> str:
    """The value as text, as it is written."""
    # Binary without annotation is how some programs write text; what is no UTF-8 is none.
    return f"TRY(decode({raw}))" if stored == _BYTES else f"CAST({raw} AS VARCHAR)"


def _text(raw: str, stored: str) -> str:
    """The value as text in its one way of writing (see `canonical`)."""
    text = _plain(raw, stored)
    if stored in _FLOATS:
        return (
            f"CASE WHEN isnan({raw}) THEN NULL WHEN {_whole(raw)} "
            f"THEN CAST(CAST({raw} AS BIGINT) AS VARCHAR) ELSE {text} END"
        )
    if re.fullmatch(r"DECIMAL\(\d+,[1-9]\d*\)", stored):
        # A number below one may come without its nought.
        return f"regexp_replace(rtrim(rtrim({text}, '0'), '.'), '^(-?)(\\.|$)', '\\10\\2')"
    return canonical(text) if stored in ("VARCHAR", _BYTES) else text


def canonical(text: str) -> str:
    """A text in its one way of writing, in SQL; in Python it is `jobs.serving.values.canonical`."""
    whole = f"TRY_CAST(left({text}, -2) AS BIGINT)"
    return (
        f"CASE WHEN {text} IN ('True', 'TRUE', 'False', 'FALSE') THEN lower({text}) "
        f"WHEN right({text}, 2) = '.0' AND regexp_full_match({text}, '-?(0|[1-9][0-9]{{0,15}})\\.0') "
        f"AND abs({whole}) <= {MAX_EXACT_INTEGER} THEN CAST({whole} AS VARCHAR) ELSE {text} END"
    )


def text_of(column: str, kind: str) -> str:
    """A value of a declared type as text, in SQL: what keys, entities and accepted values are compared by."""
    return _text(column, SQL_TYPES[kind])


def _integer(raw: str, stored: str) -> str:
    """An integer with all its digits; as floating point one from 2^53 on may be another, and does not fit."""
    if stored in _INTEGERS or stored == "BOOLEAN":
        return f"TRY_CAST({raw} AS BIGINT)"
    if stored in _FLOATS:
        return f"CASE WHEN {_whole(raw)} THEN CAST({raw} AS BIGINT) END"
    text = _text(raw, stored) if stored.startswith("DECIMAL") else _plain(raw, stored)
    number = f"TRY_CAST({text} AS DOUBLE)"
    return (
        f"CASE WHEN regexp_full_match({text}, '{_SPACE}[+-]?{_DIGITS}{_SPACE}') "
        f"THEN TRY_CAST({text} AS BIGINT) "
        f"WHEN {_whole(number)} AND NOT regexp_full_match({text}, '[^eE]*\\.[0-9_]*[1-9][^eE]*') "
        f"THEN CAST({number} AS BIGINT) END"
    )


def _whole(number: str) -> str:
    """The condition that a floating point number is a whole one, and exactly the one that was meant."""
    return f"isfinite({number}) AND {number} = trunc({number}) AND abs({number}) <= {MAX_EXACT_INTEGER}"


def checked_value(parsed: str, kind: str, raw: str, stored: str) -> tuple[str, str | None]:
    """The column's value, and the condition under which something was there that does not fit.

    Args:
        parsed: what `parsed` made of ``raw``, in SQL.
    """
    if kind in TEXTS:
        return parsed, f"{parsed} IS NULL" if stored == _BYTES else None
    if kind == "boolean":
        return parsed, f"{parsed} IS NULL"
    if kind == "integer":
        source = raw if _direct(kind, stored) else _plain(raw, stored)
        # NaN is how many programs write a missing number.
        return parsed, f"({parsed} IS NULL AND NOT coalesce(isnan(TRY_CAST({source} AS DOUBLE)), false))"
    # An infinite number is a mistake.
    return f"CASE WHEN isfinite({parsed}) THEN {parsed} END", f"({parsed} IS NULL OR isinf({parsed}))"
