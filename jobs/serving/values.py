"""Converts the values of a JSON row to their columns' declared types.

The result equals what the jobs stage of the same value (`jobs.values`, in SQL): a JSON number as a number in
Parquet, a JSON string as a text in CSV or Parquet. A text that only SQL can parse is refused; no value is
ever read as a different one.
"""

import math
import re
from datetime import datetime, timedelta
from typing import Any

MAX_EXACT_INTEGER = 2**53 - 1
"""The largest integer that a float holds unambiguously; 2^53 may be a rounded 2^53 + 1."""

MAX_INTEGER = 2**63 - 1
"""The maximum of an integer column; the minimum is -2^63."""

_BOOLEANS = ("True", "TRUE", "False", "FALSE")
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
_SPACE = r"[ \t\n\v\f\r]*"
_DIGITS = r"[0-9](?:_?[0-9])*"
_NUMBER = re.compile(
    rf"{_SPACE}[+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?[0-9]+)?{_SPACE}|[+-]?[nN][aA][nN]"
)
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_INTEGER = re.compile(rf"{_SPACE}[+-]?{_DIGITS}{_SPACE}")
_FRACTION = re.compile(r"[^eE]*\.[0-9_]*[1-9][^eE]*", re.DOTALL)
_WHOLE_FLOAT = re.compile(r"(-?(?:0|[1-9][0-9]{0,15}))\.0")
_REMEDY = {
    "number": "no number: give a JSON number",
    "integer": "no whole number below 2^63, or one from 2^53 on as floating point: give it in digits",
    "boolean": "neither true nor false: give a JSON boolean",
    "timestamp": 'no ISO time: give a text such as "2024-05-17T08:30:00Z"',
    "category": "no text: give a JSON string",
    "text": "no text: give a JSON string",
}


def read(value: Any, kind: str, *, empty_is_missing: bool) -> Any:
    """A JSON value as the declared type of its column; None when it is missing.

    Args:
        kind: one of `jobs.values.SQL_TYPES`.
        empty_is_missing: whether an empty text is a missing value, as it is in a CSV file.

    Raises:
        ValueError: when it does not fit; the message names the expected type and the remedy.
    """
    if value is None or (empty_is_missing and value == ""):
        return None
    try:
        return _READERS[kind](value)
    except (ValueError, OverflowError):
        raise ValueError(f"{_REMEDY[kind]}, or null when it is missing") from None


def text(value: Any) -> str | None:
    """A category or text in its canonical form (see `canonical`); None for NaN, a missing value."""
    if isinstance(value, str):
        return canonical(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, float):
        raise ValueError
    if math.isnan(value):
        return None
    whole = value.is_integer() and abs(value) <= MAX_EXACT_INTEGER
    return str(int(value)) if whole else repr(value)


def canonical(text: str) -> str:
    """The canonical text of a value that programs write in several ways.

    Many programs store integers as floating point when one is missing, so the ``.0`` of an integer is
    removed. ``True`` and ``TRUE`` become ``true``. Every other text stays as it is: ``01``, ``1.10`` and
    ``1e3`` may be names.
    """
    if text in _BOOLEANS:
        return text.lower()
    match = _WHOLE_FLOAT.fullmatch(text)
    if match and abs(int(match[1])) <= MAX_EXACT_INTEGER:
        return str(int(match[1]))
    return text


def _parsed(value: Any) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    if isinstance(value, int | float):
        return float(value)
    raise ValueError


def _number(value: Any) -> float | None:
    number = _parsed(value)
    if math.isinf(number):
        raise ValueError
    # Many programs write a missing number as NaN.
    return None if math.isnan(number) else number


def _integer(value: Any) -> int | None:
    if isinstance(value, int) or (isinstance(value, str) and _INTEGER.fullmatch(value)):
        # For a text of thousands of digits, `int` raises ValueError.
        whole = int(value)
        if not -MAX_INTEGER - 1 <= whole <= MAX_INTEGER:
            raise ValueError
        return whole
    number = _number(value)
    if number is None:
        return None
    rounded = isinstance(value, str) and _FRACTION.fullmatch(value)
    if rounded or not number.is_integer() or abs(number) > MAX_EXACT_INTEGER:
        raise ValueError
    return int(number)


def _boolean(value: Any) -> bool:
    if isinstance(value, str):
        if value.lower() in _TRUE or value.lower() in _FALSE:
            return value.lower() in _TRUE
        raise ValueError
    if isinstance(value, int | float):
        return value != 0
    raise ValueError


def _moment(value: Any) -> datetime:
    """The time in UTC, as a datetime without time zone, truncated to microseconds."""
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    microsecond = int((match[7] or "").ljust(6, "0")[:6])
    local = datetime(year, month, day, hour, minute, second, microsecond)
    zone = match[8]
    if zone in (None, "Z"):
        return local
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if minutes > 59:
        raise ValueError
    offset = timedelta(hours=hours, minutes=minutes)
    return local - offset if zone[0] == "+" else local + offset


_READERS = {
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "timestamp": _moment,
    "category": text,
    "text": text,
}
