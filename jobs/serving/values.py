"""How a value of a JSON row becomes one of its column's declared type.

It is what the jobs would stage of the same value (`jobs.values`, which says it as SQL): a JSON number as
Parquet's, a text as the text of a CSV or Parquet file. A text in a notation that only SQL knows is refused;
no value is ever read as another one.
"""

import math
import re
from datetime import datetime, timedelta
from typing import Any

LARGEST_EXACT_INTEGER = 2**53
"""Up to here each whole number has a floating point number of its own."""

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
_REMEDY = {
    "number": "no number: give a JSON number",
    "integer": "no whole number of up to 2^53: give one",
    "boolean": "neither true nor false: give a JSON boolean",
    "timestamp": 'no ISO time: give a text such as "2024-05-17T08:30:00Z"',
    "category": "no text: give a JSON string",
    "text": "no text: give a JSON string",
}


def read(value: Any, kind: str, *, empty_is_missing: bool) -> Any:
    """A JSON value as the declared type of its column; None when it is missing.

    :param kind: one of `jobs.values.SQL_TYPES`.
    :param empty_is_missing: whether an empty text is a missing value, as it is in a CSV file.
    :raises ValueError: when it does not fit; the message says what it is not, and the remedy.
    """
    if value is None or (empty_is_missing and value == ""):
        return None
    try:
        return _READERS[kind](value)
    except (ValueError, OverflowError):
        raise ValueError(f"{_REMEDY[kind]}, or null when it is missing") from None


def text(value: Any) -> str | None:
    """A category or text; whole numbers are without a fraction, because programs store integers as floating
    point once one is missing.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, float):
        raise ValueError
    if math.isnan(value):
        return None
    whole = value.is_integer() and abs(value) <= LARGEST_EXACT_INTEGER
    return str(int(value)) if whole else repr(value)


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
    # NaN is how many programs write a missing number.
    return None if math.isnan(number) else number


def _integer(value: Any) -> int | None:
    number = _number(value)
    if number is None:
        return None
    if not number.is_integer() or abs(number) > LARGEST_EXACT_INTEGER:
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
    """The time in UTC, without a zone; fractions end at the microsecond."""
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
