"""Checks the fields of states: which state types and query languages support them, and their values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mdlc_local.states.definitions import choices, handlers, maps, resources, templates, values
from mdlc_local.states.definitions.places import JSONATA, JSONPATH, Place

TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
"""The types of states, in the order of AWS's messages."""

MAX_SECONDS = 99999999

_FLOWING = frozenset(("Task", "Wait", "Pass", "Parallel", "Map"))
_CALLING = frozenset(("Task", "Parallel", "Map"))
_ALL = frozenset(TYPES)


@dataclass(frozen=True)
class Field:
    """A field of states.

    Args:
        types: the types of states that support it.
        language: the query language that supports it; None for both.
        check: reports faults in its value.
    """

    types: frozenset[str]
    language: str | None
    check: values.Checker


def _on(types: Iterable[str], check: values.Checker, language: str | None = None) -> Field:
    return Field(frozenset(types), language, check)


def _credentials(place: Place) -> None:
    if place.is_expression:
        return
    values.mapping(place)
    has_role = place.has("RoleArn") or (place.language == JSONPATH and place.has("RoleArn.$"))
    if isinstance(place.value, dict) and not has_role:
        place.fault("The field 'RoleArn' is required but was missing")
    templates.payload(place)


_SECONDS = values.integer(1, MAX_SECONDS)

FIELDS: dict[str, Field] = {
    "Type": _on(_ALL, values.anything),
    "Comment": _on(_ALL, values.text),
    "QueryLanguage": _on(_ALL, values.one_of(JSONPATH, JSONATA)),
    "Next": _on(_FLOWING, values.text),
    "End": _on(_FLOWING, values.boolean),
    "InputPath": _on(_ALL - {"Fail"}, values.path_or_null, JSONPATH),
    "OutputPath": _on(_ALL - {"Fail"}, values.path_or_null, JSONPATH),
    "Parameters": _on(("Pass", *_CALLING), templates.payload, JSONPATH),
    "ResultSelector": _on(_CALLING, templates.payload, JSONPATH),
    "ResultPath": _on(("Pass", *_CALLING), values.result_path, JSONPATH),
    "Result": _on(("Pass",), values.anything, JSONPATH),
    "Arguments": _on(("Task", "Parallel"), values.anything, JSONATA),
    "Output": _on(_ALL - {"Fail"}, values.anything, JSONATA),
    "Assign": _on(_ALL - {"Succeed", "Fail"}, templates.assign),
    "Retry": _on(_CALLING, handlers.retry),
    "Catch": _on(_CALLING, handlers.catch),
    "Resource": _on(("Task",), values.text),
    "Credentials": _on(("Task",), _credentials),
    "TimeoutSeconds": _on(("Task",), _SECONDS),
    "TimeoutSecondsPath": _on(("Task",), values.reference_path, JSONPATH),
    "HeartbeatSeconds": _on(("Task",), _SECONDS),
    "HeartbeatSecondsPath": _on(("Task",), values.reference_path, JSONPATH),
    "Seconds": _on(("Wait",), values.integer(0, MAX_SECONDS)),
    "SecondsPath": _on(("Wait",), values.reference_path, JSONPATH),
    "Timestamp": _on(("Wait",), values.timestamp),
    "TimestampPath": _on(("Wait",), values.reference_path, JSONPATH),
    "Choices": _on(("Choice",), choices.choices),
    "Default": _on(("Choice",), values.text),
    "Error": _on(("Fail",), values.text),
    "ErrorPath": _on(("Fail",), values.path_or_call, JSONPATH),
    "Cause": _on(("Fail",), values.text),
    "CausePath": _on(("Fail",), values.path_or_call, JSONPATH),
    "Branches": _on(("Parallel",), values.sequence),
    "ItemProcessor": _on(("Map",), values.mapping),
    "Iterator": _on(("Map",), values.mapping),
    **{name: _on(("Map",), check, language) for name, (language, check) in maps.FIELDS.items()},
}

REQUIRED = {"Task": ("Resource",), "Choice": ("Choices",), "Parallel": ("Branches",)}


def check(state: Place, kind: str, *, downgraded: bool) -> None:
    """Report faults in a state's own fields.

    Args:
        state: the state, in its query language.
        kind: its type.
        downgraded: whether it sets JSONPath in a JSONata machine, which the caller has already reported.
    """
    missing = [name for name in REQUIRED.get(kind, ()) if name not in state.value]
    if missing:
        state.fault(f"These fields are required: [{', '.join(missing)}]")
    for name in state.value:
        field = FIELDS.get(name)
        if field is None or kind not in field.types:
            state.fault(f"Field '{name}' is not supported")
        elif field.language in (None, state.language):
            field.check(state.child(name))
        elif not downgraded:
            values.in_language_only(state, field.language or "", [name])
    if kind in _FLOWING:
        _check_end(state)
    _BETWEEN.get(kind, values.anything)(state)


def _check_end(state: Place) -> None:
    ends = state.value.get("End") is True
    if state.has("Next") and ends:
        values.at_most_one(state, "Next", "End")
    elif not state.has("Next") and not ends:
        state.fault("This object should have only one of the following fields: [Next, End]")


def _check_task(state: Place) -> None:
    for name in ("TimeoutSeconds", "HeartbeatSeconds"):
        values.at_most_one(state, name, f"{name}Path")
    timeout, heartbeat = state.value.get("TimeoutSeconds"), state.value.get("HeartbeatSeconds")
    if isinstance(timeout, int) and isinstance(heartbeat, int) and heartbeat >= timeout:
        state.child("HeartbeatSeconds").fault("HeartbeatSeconds must be smaller than TimeoutSeconds")
    resources.check(state)


def _check_wait(state: Place) -> None:
    values.exactly_one(state, "SecondsPath", "Seconds", "TimestampPath", "Timestamp")


def _check_fail(state: Place) -> None:
    for name in ("Error", "Cause"):
        values.at_most_one(state, name, f"{name}Path")


_BETWEEN: dict[str, values.Checker] = {
    "Task": _check_task,
    "Wait": _check_wait,
    "Fail": _check_fail,
    "Map": maps.check,
}
"""By state type: the check of fields that depend on each other."""
