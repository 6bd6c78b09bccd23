"""Detects JSONPath in states: a machine whose query language is JSONata must not contain JSONPath states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_FIELDS = frozenset(
    {
        "InputPath",
        "OutputPath",
        "Parameters",
        "Result",
        "ResultPath",
        "ResultSelector",
        "ItemsPath",
        "SecondsPath",
        "TimestampPath",
        "TimeoutSecondsPath",
        "HeartbeatSecondsPath",
        "ErrorPath",
        "CausePath",
        "MaxConcurrencyPath",
        "ToleratedFailureCountPath",
        "ToleratedFailurePercentagePath",
    }
)
"""Fields of a state that only JSONPath has."""


def jsonpath_fields(body: Mapping[str, object]) -> list[str]:
    """The names of a state's JSONPath fields, in order of appearance, without those of nested states."""
    keys = [key for key in body if key in _FIELDS]
    if body.get("QueryLanguage") == "JSONPath":
        keys.append("QueryLanguage")
    for catcher in _members(body.get("Catch")):
        keys.extend(f"Catch.{key}" for key in catcher if key in _FIELDS)
    for rule in _members(body.get("Choices")):
        # A JSONata rule has one Condition; a JSONPath rule compares Variables, or nests And, Or, Not.
        keys.extend(f"Choices.{key}" for key in rule if key in ("Variable", "And", "Or", "Not"))
    for part in ("Arguments", "Assign", "ItemSelector", "Output"):
        keys.extend(f"{part}.{key}" for key in _dotted(body.get(part)))
    return keys


def jsonpath_message(name: str, fields: list[str]) -> str:
    """The error message for a JSONPath state in a JSONata machine."""
    return (
        f"State {name!r} uses JSONPath ({', '.join(fields)}) in a machine that is JSONata; "
        "build it with the .jsonata() constructor of its CDK class."
    )


def _dotted(value: object) -> Iterator[str]:
    """The keys that end in `.$`, which mark JSONPath values."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            if isinstance(key, str) and key.endswith(".$"):
                yield key
            yield from _dotted(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from _dotted(member)


def _members(value: object) -> Iterator[Mapping[str, object]]:
    for member in value if isinstance(value, (list, tuple)) else ():
        if isinstance(member, Mapping):
            yield member
