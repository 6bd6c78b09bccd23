"""SQL expressions that convert a stored value to its column's declared type.

The same value gives the same result however a file stores it: as text, or as any of Parquet's types.
`jobs.serving.values` converts JSON values in the same way in Python.
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
    """The SQL expression of the stored value as the declared kind; NULL when it does not fit.

    Args:
        raw: the SQL expression of the stored value.
        kind: the declared type, one of `SQL_TYPES`.
        stored: DuckDB's name of the stored type.
    """
    if kind in TEXTS:
        return _text(raw, stored)
    if kind == "integer":
        return _integer(raw, stored)
    source = raw if _direct(kind, stored) else _plain(raw, stored)
    if kind == "timestamp":
        # Cast to TIMESTAMPTZ first: a direct cast to TIMESTAMP silently ignores an offset like +02:00.
        return f"CAST(TRY_CAST({source} AS TIMESTAMPTZ) AS TIMESTAMP)"
    return f"TRY_CAST({source} AS {'BOOLEAN' if kind == 'boolean' else 'DOUBLE'})"


def _direct(kind: str, stored: str) -> bool:
    """Whether the stored type is cast directly, not through its text."""
    return stored.startswith(("TIMESTAMP", "DATE") if kind == "timestamp" else _NUMERIC)


def _plain(raw: str, stored: str) -> str:
    """The SQL expression of the value as text, unchanged."""
    # Some programs write text to Parquet as binary without annotation; NULL when it is not UTF-8.
    return f"TRY(decode({raw}))" if stored == _BYTES else f"CAST({raw} AS VARCHAR)"


def _text(raw: str, stored: str) -> str:
    """The SQL expression of the value as canonical text (see `canonical`)."""
    text = _plain(raw, stored)
    if stored in _FLOATS:
        return (
            f"CASE WHEN isnan({raw}) THEN NULL WHEN {_whole(raw)} "
            f"THEN CAST(CAST({raw} AS BIGINT) AS VARCHAR) ELSE {text} END"
        )
    if re.fullmatch(r"DECIMAL\(\d+,[1-9]\d*\)", stored):
        # A number between -1 and 1 may be written without its leading 0.
        return f"regexp_replace(rtrim(rtrim({text}, '0'), '.'), '^(-?)(\\.|$)', '\\10\\2')"
    return canonical(text) if stored in ("VARCHAR", _BYTES) else text


def canonical(text: str) -> str:
    """The SQL expression of a text's canonical form; in Python it is `jobs.serving.values.canonical`."""
    whole = f"TRY_CAST(left({text}, -2) AS BIGINT)"
    return (
        f"CASE WHEN {text} IN ('True', 'TRUE', 'False', 'FALSE') THEN lower({text}) "
        f"WHEN right({text}, 2) = '.0' AND regexp_full_match({text}, '-?(0|[1-9][0-9]{{0,15}})\\.0') "
        f"AND abs({whole}) <= {MAX_EXACT_INTEGER} THEN CAST({whole} AS VARCHAR) ELSE {text} END"
    )


def text_of(column: str, kind: str) -> str:
    """The SQL expression of a column as text, by which keys, entities and accepted values are compared."""
    return _text(column, SQL_TYPES[kind])


def _integer(raw: str, stored: str) -> str:
    """The SQL expression of an exact integer; NULL for a float from 2^53 on, which may be rounded."""
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
    """The SQL condition that a floating point number is an integer below 2^53, so it cannot be rounded."""
    return f"isfinite({number}) AND {number} = trunc({number}) AND abs({number}) <= {MAX_EXACT_INTEGER}"


def mean_of(number: str) -> str:
    """The SQL expression of the mean of a column of numbers; NULL when it is not finite.

    The sum of very large numbers overflows although their mean does not, so that it is then taken of numbers
    divided by 2^64.
    """
    mean, scaled = f"avg({number})", f"avg({number} / {2.0**64!r}) * {2.0**64!r}"
    return f"CASE WHEN isfinite({mean}) THEN {mean} WHEN isfinite({scaled}) THEN {scaled} END"


def checked_value(parsed: str, kind: str, raw: str, stored: str) -> tuple[str, str | None]:
    """The SQL expression of the value, and the condition that a stored value does not fit (None: never).

    Args:
        parsed: the SQL expression of `parsed_value` of ``raw``.
    """
    if kind in TEXTS:
        return parsed, f"{parsed} IS NULL" if stored == _BYTES else None
    if kind == "boolean":
        return parsed, f"{parsed} IS NULL"
    if kind == "integer":
        source = raw if _direct(kind, stored) else _plain(raw, stored)
        # Many programs write a missing number as NaN.
        return parsed, f"({parsed} IS NULL AND NOT coalesce(isnan(TRY_CAST({source} AS DOUBLE)), false))"
    # An infinite number does not fit.
    return f"CASE WHEN isfinite({parsed}) THEN {parsed} END", f"({parsed} IS NULL OR isinf({parsed}))"
