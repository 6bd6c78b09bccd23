"""Checkers for a field's value: its type, range and syntax.

A checker takes the value's `Place` in the definition and reports faults on it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable
from typing import Any

from mdlc_local.states.definitions import paths
from mdlc_local.states.definitions.places import Place

Checker = Callable[[Place], None]

# RFC 3339 with an upper-case T, and an upper-case Z where there is no offset.
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _of_type(name: str, kind: type | tuple[type, ...]) -> Checker:
    def check(place: Place) -> None:
        if not isinstance(place.value, kind):
            place.fault(f"Expected value of type [{name}]")

    return check


text = _of_type("STRING", str)
boolean = _of_type("BOOLEAN", bool)
mapping = _of_type("OBJECT", dict)


def anything(place: Place) -> None:
    """Accept any JSON value."""
    del place


def mapping_or_expression(place: Place) -> None:
    """An object, or in JSONata an expression."""
    if not place.is_expression:
        mapping(place)


def sequence(place: Place) -> None:
    """A non-empty list."""
    if not isinstance(place.value, list):
        place.fault("Expected value of type [ARRAY]")
    elif not place.value:
        place.fault("Value cannot be empty")


def items(place: Place) -> None:
    """A list or object to iterate over, or an expression."""
    if not isinstance(place.value, list | dict) and not place.is_expression:
        place.fault("Expected value of type [ARRAY]")


def one_of(*allowed: str) -> Checker:
    """A checker for one of these strings."""

    def check(place: Place) -> None:
        if not isinstance(place.value, str):
            text(place)
        elif place.value not in allowed:
            place.fault(f"Value should be one of the following: [{', '.join(allowed)}]")

    return check


def integer(minimum: int, maximum: int | None = None, *, wording: Callable[[int], Any] = int) -> Checker:
    """A checker for an integer within bounds, or a JSONata expression; `wording` formats the bounds."""

    def check(place: Place) -> None:
        value = place.value
        whole = isinstance(value, int) and not isinstance(value, bool)
        whole = whole or (isinstance(value, float) and value.is_integer())
        if place.is_expression:
            return
        if not whole:
            place.fault("Expected value of type Integer")
        else:
            _within(place, minimum, maximum, wording)

    return check


def number(minimum: float, maximum: float | None = None) -> Checker:
    """A checker for a number within bounds, or a JSONata expression."""

    def check(place: Place) -> None:
        if place.is_expression:
            return
        if isinstance(place.value, bool) or not isinstance(place.value, int | float):
            place.fault("Expected value of type Number")
        else:
            _within(place, minimum, maximum, float)

    return check


def _within(place: Place, minimum: float, maximum: float | None, wording: Callable[[Any], Any]) -> None:
    if place.value < minimum:
        place.fault(f"Minimum value is {wording(minimum)}")
    elif maximum is not None and place.value > maximum:
        place.fault(f"Maximum value is {wording(maximum)}")


def timestamp(place: Place) -> None:
    """A date and time of RFC 3339, or in JSONata an expression."""
    if place.is_expression:
        return
    match = _TIMESTAMP.fullmatch(place.value) if isinstance(place.value, str) else None
    try:
        # A leap second (60) is valid, but `datetime` does not support it.
        valid = match is not None and bool(datetime.datetime.fromisoformat(match[1].replace(":60", ":59")))
    except ValueError:
        valid = False
    if not valid:
        place.fault("String does not match RFC3339 timestamp")


def path_or_null(place: Place) -> None:
    """A JSONPath, or null."""
    if place.value is not None:
        path(place)


def path(place: Place) -> None:
    """A JSONPath into the input, the context object or a variable."""
    if not isinstance(place.value, str):
        text(place)
    elif not paths.is_path(place.value):
        place.fault("Value must be a valid JSONPath.")


def reference_path(place: Place) -> None:
    """A JSONPath that names exactly one node."""
    if not isinstance(place.value, str):
        text(place)
    elif not place.value.lstrip().startswith("$"):
        place.fault("Value is not a Reference Path: Reference path didn't start with '$'")
    elif not paths.is_reference(place.value):
        place.fault("Value is not a Reference Path")


def result_path(place: Place) -> None:
    """A ResultPath: a reference path into the state's input, or null."""
    if place.value is None:
        return
    reference_path(place)
    if (
        isinstance(place.value, str)
        and paths.is_reference(place.value)
        and not paths.is_of_input(place.value)
    ):
        place.fault("Value is not a Reference Path")


def path_or_call(place: Place) -> None:
    """A reference path or a call of an intrinsic function."""
    if not isinstance(place.value, str):
        text(place)
    elif not paths.is_reference(place.value) and not paths.is_call(place.value):
        place.fault("Value must be a valid JSONPath or a valid intrinsic function call")


def fields(place: Place, table: dict[str, Checker], required: Iterable[str] = ()) -> bool:
    """Check an object that may only have the fields in `table`; returns whether it is an object."""
    if not isinstance(place.value, dict):
        mapping(place)
        return False
    missing = [name for name in required if name not in place.value]
    if missing:
        place.fault(f"These fields are required: [{', '.join(missing)}]")
    for name in place.value:
        if name in table:
            table[name](place.child(name))
        else:
            place.fault(f"Field '{name}' is not supported")
    return True


def exactly_one(place: Place, *names: str) -> None:
    """An object with exactly one of these fields."""
    count = sum(name in place.value for name in names)
    if count > 1:
        place.fault(f"There should only be one of the following fields: [{', '.join(names)}]")
    elif not count:
        place.fault(f"This object should have only one of the following fields: [{', '.join(names)}]")


def at_most_one(place: Place, *names: str) -> None:
    """An object with at most one of these fields."""
    if sum(name in place.value for name in names) > 1:
        place.fault(f"There should only be one of the following fields: [{', '.join(names)}]")


def in_language_only(place: Place, language: str, names: Iterable[str]) -> set[str]:
    """Report fields that only another query language supports; returns those fields."""
    present = {name for name in names if name in place.value}
    for name in place.value:
        if name in present:
            place.fault(
                f"The QueryLanguage is set to '{place.language}', but field '{name}' is only supported for "
                f"the '{language}' QueryLanguage"
            )
    return present
