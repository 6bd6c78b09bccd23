"""Whether a task's arguments are what the service's API takes."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

_RESOURCE = re.compile(
    r"arn:[^:]+:states:::(?P<sdk>aws-sdk:)?(?P<service>[a-zA-Z0-9-]+):(?P<action>\w+)(\.[\w:]+)?"
)
_BOTOCORE_NAMES = {"states": "stepfunctions", "sfn": "stepfunctions", "eventbridge": "events"}
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
    """The operation an integration's ARN calls, as `service:Operation`; None for an ARN of another kind."""
    match = _RESOURCE.fullmatch(resource)
    if match is None:
        return None
    service = match["service"].lower()
    action = match["action"]
    return f"{_BOTOCORE_NAMES.get(service, service)}:{action[:1].upper()}{action[1:]}"


def problems(resource: str, arguments: object) -> tuple[str, ...]:
    """What is wrong with the arguments, one sentence each; nothing for an operation the table does not hold.

    SageMaker's requests are held to the letter: names, required members, kinds of values and enumerations.
    Other services' member names are compared without regard to case, since an AWS SDK integration spells them
    as the Java SDK does (`SsekmsKeyId`), and their values may be given as JSON where the API takes its text.
    """
    called = operation(resource)
    if called is None or not isinstance(arguments, Mapping):
        return ()
    shape = _table()["operations"].get(called)
    if shape is None:
        return _unknown_operation(called)
    strict = called.startswith("sagemaker:")
    return tuple(_problems(arguments, shape, "", called, strict, _table()["shapes"]))


@cache
def _unknown_operation(called: str) -> tuple[str, ...]:
    service, _, name = called.partition(":")
    names: list[str] | None = _table()["names"].get(service)
    if names is None or name in names:
        return ()
    return (f"{called} is no operation; {_remedy(name, names)}",)


def _remedy(name: str, right: Collection[str]) -> str:
    nearest = get_close_matches(name, right, n=1, cutoff=0.5)
    if nearest:
        return f"did you mean {nearest[0]!r}?"
    return f"use one of {', '.join(sorted(right))}." if len(right) <= 12 else "see the API reference."


def _problems(
    value: object, reference: str, path: str, called: str, strict: bool, shapes: dict[str, Any]
) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("{%"):
        return  # known only when the machine runs
    if reference.startswith("[]"):
        if isinstance(value, (list, tuple)):
            for index, member in enumerate(value):
                yield from _problems(member, reference[2:], f"{path}[{index}]", called, strict, shapes)
        elif strict:
            yield f"{path} of {called} is {value!r}, but must be a list."
    elif reference.startswith("{}"):
        if isinstance(value, Mapping):
            inner = reference[2:]
            if strict or "/" in inner:
                for key, member in value.items():
                    yield from _problems(member, inner, f"{path}.{key}", called, strict, shapes)
        elif strict:
            yield f"{path} of {called} is {value!r}, but must be a mapping."
    elif "/" in reference:
        shape = shapes[reference]
        if "enum" not in shape:
            yield from _structure_problems(value, shape, path, called, strict, shapes)
        elif strict and value not in shape["enum"] and not (isinstance(value, str) and "${" in value):
            remedy = _remedy(str(value), shape["enum"])
            yield f"{path} of {called} is {value!r}; {remedy}"
    elif strict and reference in _TYPES and type(value) not in _TYPES[reference]:
        yield f"{path} of {called} is {value!r}, but must be {_WORDS[reference]}."


def _structure_problems(
    value: object, shape: dict[str, Any], path: str, called: str, strict: bool, shapes: dict[str, Any]
) -> Iterator[str]:
    if not isinstance(value, Mapping):
        if strict:
            yield f"{path} of {called} is {value!r}, but must be a mapping."
        return
    members: dict[str, str] = shape["members"]
    if not strict:
        folded = {name.casefold(): name for name in members}
        value = {folded.get(str(name).casefold(), str(name)): member for name, member in value.items()}
    for name, member in value.items():
        here = f"{path}.{name}" if path else name
        if name in members:
            yield from _problems(member, members[name], here, called, strict, shapes)
        else:
            yield f"{here} is no member of {called}; {_remedy(name, members)}"
    for name in shape["required"]:
        if name not in value:
            where = f"{path} of {called}" if path else called
            yield f"{where} lacks {name!r}, which is required."
