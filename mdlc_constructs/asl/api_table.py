"""Whether a task's arguments are what the service's API takes."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

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
    if _fits(arguments, _expectation(shape, strict)):
        return ()
    sentences: list[str] = []
    _look(arguments, shape, "", _Reading(called, strict, sentences))
    return tuple(sentences)


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


# Every member of every task of every machine of an app is looked at. So there are two readers: `_fits` only
# says whether all is well, from expectations kept in a quick form; `_look` then says what is not, and where.


class _Scalar:
    """One value of any of the types."""

    __slots__ = ("types",)

    def __init__(self, types: tuple[type, ...]) -> None:
        self.types = types


class _Many:
    """A list or a mapping, each member of which is to be as expected."""

    __slots__ = ("container", "member")

    def __init__(self, container: type[list[Any]] | type[dict[str, Any]], member: Any) -> None:
        self.container = container
        self.member = member


@cache
def _expectation(reference: str, strict: bool) -> Any:
    """What a member is to be: a scalar, an enumeration's values, many of a kind, a structure; None:
    anything.
    """
    if reference.startswith(("[]", "{}")):
        member = _expectation(reference[2:], strict)
        return None if member is None and not strict else _Many(list if reference[0] == "[" else dict, member)
    if "/" in reference:
        values = _table()["shapes"][reference].get("enum")
        if values is None:
            return (reference, strict)
        return frozenset(values) if strict else None
    types = _TYPES.get(reference)
    return _Scalar(types) if strict and types is not None else None


@lru_cache(maxsize=4096)
def _still_to_see(
    structure: tuple[str, bool], names: tuple[str, ...], types: tuple[type, ...]
) -> tuple[tuple[int, Any], ...] | None:
    """Of a structure with members of these names and types: which must be looked into, and what they are to
    be.

    None when a name is wrong or missing. Most members are settled by their types, and structures of one kind
    come again and again, so that this answer is nearly always a known one.
    """
    reference, strict = structure
    shape = _table()["shapes"][reference]
    members: dict[str, str] = shape["members"]
    if not members.keys() >= set(names) or not set(names).issuperset(shape["required"]):
        return None
    expected = [_expectation(members[name], strict) for name in names]
    return tuple(
        (place, wanted)
        for place, wanted in enumerate(expected)
        if wanted is not None and not (type(wanted) is _Scalar and types[place] in wanted.types)
    )


def _fits(value: Any, expected: Any) -> bool:
    if expected is None:
        return True
    kind, actual = type(expected), type(value)
    if actual is str and value.startswith("{%"):
        return True  # known only when the machine runs
    if kind is _Scalar:
        return actual in expected.types
    if kind is frozenset:
        return actual is str and value in expected
    if kind is tuple:
        if actual is not dict:
            return False
        unseen = _still_to_see(expected, tuple(value), tuple(map(type, value.values())))
        if not unseen:
            return unseen is not None
        members = tuple(value.values())
        for place, wanted in unseen:
            member = members[place]
            # The commonest case is looked at here, to save a call.
            if type(wanted) is frozenset and type(member) is str and member in wanted:
                continue
            if not _fits(member, wanted):
                return False
        return True
    if actual is not expected.container:
        return False
    inner = expected.member
    for member in value.values() if actual is dict else value:
        if type(inner) is _Scalar and type(member) in inner.types:
            continue
        if not _fits(member, inner):
            return False
    return True


class _Reading:
    """One reading of a request: which operation, how strictly, and what was found."""

    __slots__ = ("called", "sentences", "shapes", "strict")

    def __init__(self, called: str, strict: bool, sentences: list[str]) -> None:
        self.called = called
        self.strict = strict
        self.sentences = sentences
        self.shapes: dict[str, Any] = _table()["shapes"]

    def report(self, path: str, problem: str) -> None:
        self.sentences.append(f"{path} of {self.called} {problem}" if path else f"{self.called} {problem}")


def _look(value: object, reference: str, path: str, reading: _Reading) -> None:
    if type(value) is str and value.startswith("{%"):
        return  # known only when the machine runs
    expected = _TYPES.get(reference)
    if expected is not None:
        if reading.strict and type(value) not in expected:
            reading.report(path, f"is {value!r}, but must be {_WORDS[reference]}.")
    elif reference.startswith("[]"):
        if isinstance(value, (list, tuple)):
            for index, member in enumerate(value):
                _look(member, reference[2:], f"{path}[{index}]", reading)
        elif reading.strict:
            reading.report(path, f"is {value!r}, but must be a list.")
    elif reference.startswith("{}"):
        if isinstance(value, Mapping):
            for key, member in value.items():
                _look(member, reference[2:], f"{path}.{key}", reading)
        elif reading.strict:
            reading.report(path, f"is {value!r}, but must be a mapping.")
    elif reference != "any":
        shape = reading.shapes[reference]
        if "enum" not in shape:
            _look_into(value, shape, path, reading)
        elif reading.strict and value not in shape["enum"] and not (type(value) is str and "${" in value):
            reading.report(path, f"is {value!r}; {_remedy(str(value), shape['enum'])}")


def _look_into(value: object, shape: dict[str, Any], path: str, reading: _Reading) -> None:
    if not isinstance(value, Mapping):
        if reading.strict:
            reading.report(path, f"is {value!r}, but must be a mapping.")
        return
    members: dict[str, str] = shape["members"]
    if not reading.strict and not members.keys() >= value.keys():
        folded = {name.casefold(): name for name in members}
        value = {folded.get(str(name).casefold(), str(name)): member for name, member in value.items()}
    for name, member in value.items():
        reference = members.get(name)
        here = f"{path}.{name}" if path else name
        if reference is None:
            reading.sentences.append(f"{here} is no member of {reading.called}; {_remedy(name, members)}")
        else:
            _look(member, reference, here, reading)
    for name in shape["required"]:
        if name not in value:
            reading.report(path, f"lacks {name!r}, which is required.")
