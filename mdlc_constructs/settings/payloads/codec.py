"""Frozen dataclasses to JSON and back: `encode` and `decode`, for every payload.

A field's type is one of `str`, `int`, `float`, `bool`, a `Literal` of texts, another dataclass,
`tuple[T, ...]`, `Mapping[str, T]`, any of them or None, or `JsonValue` for a value passed on unchecked.
"""

import logging
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from mdlc_constructs.suggestions import did_you_mean

JsonValue: TypeAlias = Any  # a recursive union of JSON's types would make every reader narrow it
"""Any JSON value, passed on unchecked."""

Payload = TypeVar("Payload")

logger = logging.getLogger("mdlc.payloads")

KEY = "key"
"""Metadata of a field whose key in JSON is not its name: `field(metadata={KEY: "Error"})`."""

OMIT_NONE = "omit_none"
"""Metadata of a field that is left out when it is None, since JSONata's `$exists` is true for a null."""


class PayloadError(ValueError):
    """A document does not match its payload; the message names the key, its value and what is needed."""


@dataclass(frozen=True)
class _Field:
    name: str
    key: str
    kind: Any
    required: bool
    omit_none: bool


@cache
def _fields(payload: type) -> tuple[_Field, ...]:
    hints = get_type_hints(payload)
    return tuple(
        _Field(
            name=member.name,
            key=member.metadata.get(KEY, member.name),
            kind=hints[member.name],
            required=member.default is MISSING and member.default_factory is MISSING,
            omit_none=member.metadata.get(OMIT_NONE, False),
        )
        for member in fields(payload)
    )


def encode(payload: object) -> dict[str, JsonValue]:
    """The payload as a JSON object, with every field (see `OMIT_NONE`).

    Args:
        payload: an instance of a dataclass.
    """
    if not is_dataclass(payload) or isinstance(payload, type):
        raise TypeError(f"{payload!r} is no payload: give an instance of a dataclass.")
    values = ((member, getattr(payload, member.name)) for member in _fields(type(payload)))
    return {
        member.key: _plain(value) for member, value in values if value is not None or not member.omit_none
    }


def _plain(value: object) -> JsonValue:
    if is_dataclass(value) and not isinstance(value, type):
        return encode(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value


def decode(payload: type[Payload], document: object, *, where: str = "", from_user: bool = False) -> Payload:
    """The payload that a JSON document holds.

    Args:
        payload: the dataclass.
        document: the document as `json.loads` returns it.
        where: the document's name in messages, such as `plan.json`.
        from_user: whether a person wrote the document. An unknown key is then an error; in our own documents
            it is logged and ignored, so that a deployment does not break running executions.

    Raises:
        PayloadError: when a key is missing, unknown in a person's document, or has a value of another type.
    """
    if not isinstance(document, Mapping):
        raise PayloadError(f"{where or _title(payload)} is {document!r}: give a JSON object.")
    known = _fields(payload)  # type: ignore[arg-type]  # a class is hashable
    unknown = [key for key in document if key not in {member.key for member in known}]
    if unknown:
        _unknown(
            str(unknown[0]), [member.key for member in known], where or _title(payload), from_user=from_user
        )
    values = {}
    for member in known:
        path = f"{where}.{member.key}" if where else member.key
        if member.key in document:
            values[member.name] = _read(member.kind, document[member.key], path, from_user)
        elif member.required:
            raise PayloadError(f"{path} is missing: {payload.__name__} needs it.")
    return payload(**values)


def _title(payload: type) -> str:
    """The name of a whole document in messages: the payload class's `TITLE`, or else the class's name."""
    return str(getattr(payload, "TITLE", payload.__name__))


def _unknown(key: str, known: list[str], where: str, *, from_user: bool) -> None:
    if not from_user:
        logger.info("%s has the unknown key %r, which is ignored", where, key)
        return
    hint = did_you_mean(key, known)
    raise PayloadError(f"{where} has the unknown key {key!r}: {hint or 'use ' + ', '.join(known) + '.'}")


def _read(kind: Any, value: Any, path: str, from_user: bool) -> Any:
    if kind is Any:
        return value
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_optional(kind, value, path, from_user)
    if origin is Literal:
        return _literal(get_args(kind), value, path)
    if origin in (tuple, Sequence):
        if not isinstance(value, (list, tuple)):
            raise _wrong(path, value, "a list")
        item_kind = get_args(kind)[0]
        return tuple(
            _read(item_kind, item, f"{path}[{index}]", from_user) for index, item in enumerate(value)
        )
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise _wrong(path, value, "an object")
        item_kind = get_args(kind)[1]
        return {str(key): _read(item_kind, item, f"{path}.{key}", from_user) for key, item in value.items()}
    if is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise _wrong(path, value, "an object")
        return decode(kind, value, where=path, from_user=from_user)  # type: ignore[arg-type]  # a class
    return _scalar(kind, value, path)


def _read_optional(kind: Any, value: Any, path: str, from_user: bool) -> Any:
    choices = get_args(kind)
    if value is None and types.NoneType in choices:
        return None
    others = [choice for choice in choices if choice is not types.NoneType]
    if len(others) == 1:
        return _read(others[0], value, path, from_user)
    for choice in others:
        try:
            return _read(choice, value, path, from_user)
        except PayloadError:
            continue
    raise _wrong(path, value, " or ".join(getattr(choice, "__name__", str(choice)) for choice in others))


def _literal(choices: tuple[object, ...], value: object, path: str) -> object:
    if value not in choices or isinstance(value, bool) != isinstance(choices[0], bool):
        raise _wrong(path, value, " or ".join(map(repr, choices)))
    return value


_SCALARS: Mapping[type, tuple[str, Callable[[Any], bool]]] = {
    str: ("a text", lambda value: isinstance(value, str)),
    bool: ("true or false", lambda value: isinstance(value, bool)),
    int: ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    float: ("a number", lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)),
}


def _scalar(kind: Any, value: Any, path: str) -> Any:
    if kind not in _SCALARS:
        raise TypeError(f"{path} has the type {kind!r}, which a payload cannot hold.")
    words, accepts = _SCALARS[kind]
    # JSONata has only one number type, and writes 3 as 3 or 3.0.
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if not accepts(value):
        raise _wrong(path, value, words)
    return value


def _wrong(path: str, value: object, needed: str) -> PayloadError:
    return PayloadError(f"{path} is {value!r}: give {needed}.")
