"""JSON that comes from outside, read strictly.

What Python's reader takes and others do not, or take otherwise, is refused here: keys that stand twice,
numbers that no float holds, halves of surrogate pairs (which no UTF-8 holds, so that a table or an event with
them cannot be written), and nesting that a later reader might not stand.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 100
"""Objects and lists within each other."""


class StrictJsonError(ValueError):
    """What is wrong with the JSON, in a sentence with the place and the remedy."""


def read_json(content: str | bytes) -> Any:
    """The value in a text, or in bytes of UTF-8 with or without a byte order mark.

    Raises:
        StrictJsonError: for anything else.
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
    """The text in bytes of UTF-8, without a byte order mark.

    Raises:
        StrictJsonError: with the first byte that is none.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StrictJsonError(f"This is no text in UTF-8 (byte {error.start}): save it as such.") from error


def check_json(value: object) -> None:
    """Refuse a value that was read by another reader and that strict JSON does not hold.

    Raises:
        StrictJsonError: for halves of surrogate pairs, numbers that are not finite, and deep nesting.
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
    """The lines of JSON Lines that hold anything.

    Not those of `str.splitlines`: a text within JSON may hold what Unicode calls a line's end.
    """
    return [line for line in text.split("\n") if line.strip()]


def is_text(value: str) -> bool:
    """Whether a text can be written in UTF-8, which one with half a surrogate pair cannot."""
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
    # Python refuses to read very long ones at all, and a float holds none above 309 digits.
    _finite(text)
    return int(text)


def shown(value: object) -> str:
    """A value as an error message shows it: quoted, with nothing that cannot be written, and not too long."""
    try:
        return shown_text(repr(value))
    except ValueError:
        # An integer with more digits than Python writes.
        return "a number of very many digits"


def shown_text(text: str, most: int = 500) -> str:
    """A text of at most so many characters, cut in its middle where it is longer."""
    if len(text) <= most:
        return text
    half = (most - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"
