"""Reads the conditions of rules from JSON: tests of a column's value and limits of a number."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from mdlc_constructs.settings.answer_columns import CLASS, classes_of
from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.rules import Bounds, Condition, comparable

BOUNDS = ("at_least", "above", "at_most", "below")
TESTS = ("is", "is_not", "in", "not_in", "missing", *BOUNDS)

_NUMERIC = ("number", "integer")

Columns = Mapping[str, str] | None
"""Types of the columns that a row may hold; with None they are not known, and columns are not checked."""


def condition(columns: Columns, place: str, column: str, document: object) -> Condition:
    """The condition for one column in a rules document.

    Raises:
        ValueError: naming the place in the document, the value and the remedy.
    """
    check_column(columns, place, column)
    tests = checked_tests(place, document, TESTS)
    kind = columns[column] if columns is not None else None
    if kind is not None and kind not in _NUMERIC:
        for name in BOUNDS:
            if name in tests:
                raise refusal(f"{place}.{name}", tests[name], f"the column is a {kind}; compare numbers.")
    if not isinstance(tests.get("missing", True), bool):
        raise refusal(f"{place}.missing", tests["missing"], "give true or false.")
    if tests.get("missing") is True and len(tests) > 1:
        raise refusal(f"{place}.missing", True, "a missing value meets no other test; leave them out.")
    return Condition(
        column=column,
        bounds=checked_bounds(place, tests) if any(name in tests for name in BOUNDS) else None,
        one_of=_values(columns, place, column, tests, "is", "in"),
        none_of=_values(columns, place, column, tests, "is_not", "not_in"),
        missing=tests.get("missing"),
    )


def _values(
    columns: Columns, place: str, column: str, tests: Mapping[str, Any], single: str, several: str
) -> frozenset[object] | None:
    """The values of a test for a single value or of one for several; None without such a test."""
    allowed: frozenset[object] | None = None
    if single in tests:
        check_value(columns, f"{place}.{single}", column, tests[single])
        allowed = frozenset({comparable(tests[single])})
    if several in tests:
        if single in tests:
            raise refusal(f"{place}.{several}", tests[several], f"give it or {single!r}, not both.")
        if not isinstance(tests[several], list) or not tests[several]:
            raise refusal(f"{place}.{several}", tests[several], "give a list of values.")
        for index, value in enumerate(tests[several]):
            check_value(columns, f"{place}.{several}[{index}]", column, value)
        allowed = frozenset(comparable(value) for value in tests[several])
    return allowed


def check_column(columns: Columns, place: str, column: object) -> None:
    """Refuse a name that is not a column of a row.

    Raises:
        ValueError: with a suggestion.
    """
    if not isinstance(column, str) or not column:
        raise refusal(place, column, "name a column.")
    if columns is not None and column not in columns:
        raise unknown(place, column, columns, what="column")


def check_value(columns: Columns, place: str, column: object, value: object) -> None:
    """Refuse a value that the column's values can never equal.

    Raises:
        ValueError: naming the place, the value and the remedy.
    """
    if value is None or isinstance(value, (dict, list)):
        raise refusal(place, value, "give a text, a number, true or false.")
    kind = (columns or {}).get(column) if isinstance(column, str) else None
    if kind is None:
        return
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == CLASS:
        classes = classes_of(columns or {})
        if comparable(value) not in {comparable(name) for name in classes}:
            raise unknown(place, value, classes, what="class")
        return
    fits = number if kind in _NUMERIC else isinstance(value, bool if kind == "boolean" else str)
    if not fits:
        raise refusal(place, value, f"the column is a {kind}, and such a value never equals it.")


def check_keys(place: str, document: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse unknown keys of a JSON object.

    Raises:
        ValueError: with a suggestion.
    """
    for key in document:
        if key not in known:
            raise unknown(f"{place}.key".lstrip("."), key, known, what="key")


def checked_tests(place: str, document: object, known: Sequence[str]) -> dict[str, Any]:
    """The tests in a JSON object, which must hold at least one, and only known ones.

    Raises:
        ValueError: naming the place, the value and the remedy.
    """
    if not isinstance(document, dict) or not document:
        raise refusal(place, document, f"give an object with at least one of {', '.join(known)}.")
    check_keys(place, document, known)
    return document


def checked_bounds(place: str, tests: Mapping[str, Any]) -> Bounds:
    """The numeric limits among the tests; at least one number must be within all of them.

    Raises:
        ValueError: naming the place, the value and the remedy.
    """
    named = {name: checked_number(f"{place}.{name}", tests[name]) for name in BOUNDS if name in tests}
    low = max((named[name] for name in ("at_least", "above") if name in named), default=-sys.float_info.max)
    high = min((named[name] for name in ("at_most", "below") if name in named), default=sys.float_info.max)
    open_end = (named.get("above") == low or named.get("below") == high) and low == high
    if low > high or open_end:
        raise refusal(place, dict(named), "no number lies within these bounds; mend one of them.")
    return Bounds(**named)


def checked_number(place: str, value: object) -> float:
    """The value, if it is a finite number.

    Raises:
        ValueError: when it is not.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= sys.float_info.max:
        raise refusal(place, value, "give a number.")
    return value
