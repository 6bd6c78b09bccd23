"""A strict reader for JSON that comes from outside.

It refuses what Python's own reader accepts but other readers refuse or read differently: duplicate keys,
numbers that a float cannot hold, lone surrogates (they cannot be encoded in UTF-8, so they cannot be written
to a table or an event), and deep nesting.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 100
"""The maximum nesting of objects and lists."""


class StrictJsonError(ValueError):
    """The JSON is not valid; the message is one sentence with the place and the remedy."""


def read_json(content: str | bytes) -> Any:
    """The value in a JSON text, or in UTF-8 bytes with or without a byte order mark.

    Raises:
        StrictJsonError: when the content is not strict JSON.
    """
    text = decoded(content) if isinstance(content, bytes) else content.removeprefix("\ufeff")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_distinct,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except StrictJsonError:
        raise
    except json.JSONDecodeError as error:
        raise StrictJsonError(
            f"line {error.lineno}, column {error.colno}: this is no JSON ({error.msg}); mend it there."
        ) from error
    except RecursionError as error:
        raise StrictJsonError(_NESTED) from error
    check_json(value)
    return value


def decoded(content: bytes) -> str:
    """The text in UTF-8 bytes, without a byte order mark.

    Raises:
        StrictJsonError: naming the position of the first byte that is not valid UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StrictJsonError(f"This is no text in UTF-8 (byte {error.start}): save it as such.") from error


def check_json(value: object) -> None:
    """Refuse a value from another JSON reader that strict JSON does not allow.

    Raises:
        StrictJsonError: for lone surrogates, numbers that are not finite, and deep nesting.
    """
    level: list[object] = [value]
    for depth in range(MAX_DEPTH + 1):
        inner: list[object] = []
        for item in level:
            if isinstance(item, Mapping | list | tuple) and depth == MAX_DEPTH:
                raise StrictJsonError(_NESTED)
            if isinstance(item, Mapping):
                for key in item:
                    _check_text(key)
                inner += item.values()
            elif isinstance(item, list | tuple):
                inner += item
            elif isinstance(item, float) and not math.isfinite(item):
                _refuse_constant(repr(item))
            else:
                _check_text(item)
        level = inner


def json_lines(text: str) -> list[str]:
    """The lines of a JSON Lines text that are not blank.

    `str.splitlines` is not used: it also splits at Unicode line separators, which a JSON string may contain.
    """
    return [line for line in text.split("\n") if line.strip()]


def is_text(value: str) -> bool:
    """Whether a text can be encoded in UTF-8; a lone surrogate cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


_NESTED = f"The document is nested too deeply, more than {MAX_DEPTH} levels: mend it."


def _check_text(value: object) -> None:
    if isinstance(value, str) and not is_text(value):
        raise StrictJsonError(
            f"The text {shown(value)} holds half of a surrogate pair, which is no character: write all of it."
        )


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = next(name for name, many in Counter(name for name, _ in pairs).items() if many > 1)
        raise StrictJsonError(f"The key {shown(twice)} stands twice in one object: keep one of them.")
    return members


def _refuse_constant(text: str) -> float:
    raise StrictJsonError(f"{text} is no number in JSON: leave it out, or give a finite number.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise StrictJsonError(f"The number {shown_text(text)} is larger than any float: give a smaller one.")
    return number


def _whole(text: str) -> int:
    # Python refuses to read very long integers, and a float holds at most 309 digits.
    _finite(text)
    return int(text)


def shown(value: object) -> str:
    """The `repr` of a value for an error message, shortened when it is long."""
    try:
        return shown_text(repr(value))
    except ValueError:
        # An integer with more digits than Python writes.
        return "a number of very many digits"


def shown_text(text: str, most: int = 500) -> str:
    """The text; when it has more than ``most`` characters, its middle is replaced by dots."""
    if len(text) <= most:
        return text
    half = (most - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"
