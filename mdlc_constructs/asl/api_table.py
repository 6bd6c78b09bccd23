"""Checks a task's arguments against the service's API, by a table instead of botocore (decision 22)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from mdlc_constructs.suggestions import did_you_mean

_RESOURCE = re.compile(
    r"arn:[^:]+:states:::(?P<sdk>aws-sdk:)?(?P<service>[a-zA-Z0-9-]+):(?P<action>\w+)(\.[\w:]+)?"
)
_BOTOCORE_NAMES = {
    "applicationautoscaling": "application-autoscaling",
    "eventbridge": "events",
    "sagemakerruntime": "sagemaker-runtime",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
}
_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "number": (int, float),
    "bool": (bool,),
    "text": (str,),
}
_WORDS = {"int": "a whole number", "number": "a number", "bool": "a boolean", "text": "a text"}


@cache
def _table() -> dict[str, Any]:
    text = Path(__file__).with_name("_api_table.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@cache
def operation(resource: str) -> str | None:
    """The operation that an integration's ARN calls, as `service:Operation`; None for other ARNs."""
    match = _RESOURCE.fullmatch(resource)
    if match is None:
        return None
    service = match["service"].lower()
    action = match["action"]
    return f"{_BOTOCORE_NAMES.get(service, service)}:{action[:1].upper()}{action[1:]}"


def problems(resource: str, arguments: object) -> tuple[str, ...]:
    """The errors in the arguments, one sentence each; none for an operation that is not in the table.

    SageMaker's requests are checked strictly: names, required members, types of values and enumerations.
    For other services, the case of member names is ignored, because an AWS SDK integration spells them as the
    Java SDK does (`SsekmsKeyId`), and types are not checked, because a value may be JSON where the API takes
    text.
    """
    called = operation(resource)
    if called is None or not isinstance(arguments, Mapping):
        return ()
    shape = _table()["operations"].get(called)
    if shape is None:
        return _unknown_operation(called)
    request = _Request(called, strict=called.startswith("sagemaker:"))
    request.check(arguments, shape, "")
    return tuple(request.problems)


@cache
def _unknown_operation(called: str) -> tuple[str, ...]:
    service, _, name = called.partition(":")
    names: list[str] | None = _table()["names"].get(service)
    if names is None or name in names:
        return ()
    return (f"{called} is no operation; {_remedy(name, names)}",)


def _remedy(name: str, right: Collection[str]) -> str:
    nearest = did_you_mean(name, right)
    if nearest:
        return nearest
    return f"use one of {', '.join(sorted(right))}." if len(right) <= 12 else "see the API reference."


class _Request:
    """The check of one request: the operation, whether the check is strict, and the problems so far."""

    def __init__(self, called: str, *, strict: bool) -> None:
        self.called = called
        self.strict = strict
        self.problems: list[str] = []
        self.shapes: dict[str, Any] = _table()["shapes"]

    def check(self, value: object, reference: str, path: str) -> None:
        """Add the problems of a value, and of all values inside it, to `problems`.

        Args:
            value: an argument's value.
            reference: its type in the table: a scalar such as "text", or a shape's name; "[]" before it means
                a list of them, "{}" a mapping.
            path: the path of the value, such as ``OutputDataConfig.S3OutputPath``; empty for the request.
        """
        if type(value) is str and value.startswith("{%"):
            return  # an expression, whose value is known only at run time
        if reference in _TYPES:
            self._expect(type(value) in _TYPES[reference], value, path, _WORDS[reference])
        elif reference.startswith("[]"):
            if self._expect(isinstance(value, (list, tuple)), value, path, "a list"):
                for index, member in enumerate(cast("Sequence[object]", value)):
                    self.check(member, reference[2:], f"{path}[{index}]")
        elif reference.startswith("{}"):
            if self._expect(isinstance(value, Mapping), value, path, "a mapping"):
                for key, member in cast("Mapping[str, object]", value).items():
                    self.check(member, reference[2:], f"{path}.{key}")
        elif reference != "any":
            shape = self.shapes[reference]
            if "enum" in shape:
                self._check_enum(value, shape["enum"], path)
            elif self._expect(isinstance(value, Mapping), value, path, "a mapping"):
                self._check_members(cast("Mapping[str, object]", value), shape, path)

    def _expect(self, fits: bool, value: object, path: str, wanted: str) -> bool:
        if not fits and self.strict:
            self._report(path, f"is {value!r}, but must be {wanted}.")
        return fits

    def _check_enum(self, value: object, allowed: Collection[str], path: str) -> None:
        bound_later = type(value) is str and "${" in value
        if self.strict and value not in allowed and not bound_later:
            self._report(path, f"is {value!r}; {_remedy(str(value), allowed)}")

    def _check_members(self, value: Mapping[str, object], shape: dict[str, Any], path: str) -> None:
        members: dict[str, str] = shape["members"]
        if not self.strict and not members.keys() >= value.keys():
            folded = {name.casefold(): name for name in members}
            value = {folded.get(str(name).casefold(), str(name)): member for name, member in value.items()}
        for name, member in value.items():
            here = f"{path}.{name}" if path else name
            if name in members:
                self.check(member, members[name], here)
            else:
                self.problems.append(f"{here} is no member of {self.called}; {_remedy(name, members)}")
        for name in shape["required"]:
            if name not in value:
                self._report(path, f"lacks {name!r}, which is required.")

    def _report(self, path: str, problem: str) -> None:
        self.problems.append(f"{path} of {self.called} {problem}" if path else f"{self.called} {problem}")
