"""Validates a request against botocore's model of the API, with AWS's error messages."""

import functools
import json
import re
import warnings
from typing import Any

from mdlc_local.errors import ApiError, invalid

_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
}
_WORDS = {
    "structure": "Structure",
    "map": "Map",
    "list": "List",
    "string": "String",
    "integer": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "Double",
    "boolean": "Boolean",
}
# Java's regular expression syntax that Python lacks; character classes are approximated by Unicode ranges.
_SPELLINGS = {
    r"\p{L}": r"\w",
    r"\p{M}": r"\u0300-\u036f",
    r"\p{N}": r"\d",
    r"\p{Z}": r" \u00a0\u2000-\u200a\u2028\u2029\u3000",
    r"\p{S}": r"$+<=>^`|~\u00a2-\u00b4\u2030-\u2bff",
    r"\p{P}": r"!-#%-*,-/:;?@\[-\]_{}\u00a1-\u00bf\u2010-\u2027\u3001-\u3030",
    r"\p{Alnum}": "A-Za-z0-9",
    r"\p{Print}": "[ -~]",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
}
_REPEATED_END = re.compile(r"\$\{\d+,\d+\}$")


def check(shape: Any, request: dict[str, Any]) -> None:
    """Raise an error for a request that violates the API's model.

    Args:
        shape: the operation's input shape (botocore).
        request: the request as received.

    Raises:
        ApiError: ``SerializationException`` for a value of the wrong type, ``ValidationException``
            with every violated constraint.
    """
    sentences: list[str] = []
    _walk(shape, request, "", sentences)
    if sentences:
        count = f"{len(sentences)} validation error{'s' if len(sentences) > 1 else ''} detected"
        raise invalid(f"{count}: " + "; ".join(sentences))


def _walk(shape: Any, value: Any, path: str, sentences: list[str]) -> None:
    kind = shape.type_name
    _check_type(kind, value, path)
    if kind == "structure":
        _structure(shape, value, path, sentences)
    elif kind == "list":
        _bounds(shape, len(value), value, path, "length", sentences)
        for number, item in enumerate(value, start=1):
            _walk(shape.member, item, f"{path}.{number}.member", sentences)
    elif kind == "map":
        _bounds(shape, len(value), value, path, "length", sentences)
        for key, item in value.items():
            _map_entry(shape, key, item, path, sentences)
    elif kind == "string":
        sentences += [f"{_at(value, path)}: {rule}" for rule in _string_rules(shape, value)]
    elif kind in ("integer", "long", "float", "double"):
        _bounds(shape, value, value, path, "value", sentences)


def _check_type(kind: str, value: Any, path: str) -> None:
    wanted = _TYPES.get(kind)
    if wanted is None:
        return
    fits = isinstance(value, wanted) and (kind == "boolean" or not isinstance(value, bool))
    if not fits:
        got = _WORDS["boolean"] if isinstance(value, bool) else type(value).__name__
        raise ApiError("SerializationException", f"{got} can not be converted to {_WORDS[kind]} at '{path}'")


def _structure(shape: Any, value: dict[str, Any], path: str, sentences: list[str]) -> None:
    for name in shape.required_members:
        if value.get(name) is None:
            sentences.append(f"{_at(None, _join(path, name))}: Member must not be null")
    for name, item in value.items():
        if name not in shape.members:
            known = ", ".join(shape.members)
            sentences.append(f'Unknown parameter in {path or "input"}: "{name}", must be one of: {known}')
        elif item is not None:
            _walk(shape.members[name], item, _join(path, name), sentences)


def _map_entry(shape: Any, key: str, item: Any, path: str, sentences: list[str]) -> None:
    rules = _string_rules(shape.key, key)
    if rules:
        sentences.append(f"{_at({key: item}, path)}: Map keys must satisfy constraint: [{', '.join(rules)}]")
    if shape.value.type_name == "string":
        _check_type("string", item, f"{path}.{key}")
        rules = _string_rules(shape.value, item)
        if rules:
            sentences.append(
                f"{_at({key: item}, path)}: Map value must satisfy constraint: [{', '.join(rules)}]"
            )
    else:
        _walk(shape.value, item, f"{path}.{key}", sentences)


def _string_rules(shape: Any, value: str) -> list[str]:
    """The constraints of a string shape that `value` violates."""
    broken = []
    limits = shape.metadata
    if "max" in limits and len(value) > limits["max"]:
        broken.append(f"Member must have length less than or equal to {limits['max']}")
    if len(value) < limits.get("min", 0):
        broken.append(f"Member must have length greater than or equal to {limits['min']}")
    pattern = limits.get("pattern")
    if pattern and not matches(pattern, value):
        broken.append(f"Member must satisfy regular expression pattern: {pattern}")
    if shape.enum and value not in shape.enum:
        broken.append(f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    return broken


def matches(pattern: str, value: str) -> bool:
    """Whether the whole `value` matches a pattern of the API's model, which has Java's syntax."""
    return _compiled(pattern).fullmatch(value) is not None


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    pattern = _REPEATED_END.sub("", pattern)
    for java, python in _SPELLINGS.items():
        pattern = pattern.replace(java, python)
    with warnings.catch_warnings():
        # A "[" inside a class is literal in both languages; Python warns that this may change.
        warnings.simplefilter("ignore", FutureWarning)
        return re.compile(pattern)


def _bounds(shape: Any, size: float, value: Any, path: str, what: str, sentences: list[str]) -> None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if most is not None and size > most:
        sentences.append(f"{_at(value, path)}: Member must have {what} less than or equal to {most}")
    if least is not None and size < least:
        sentences.append(f"{_at(value, path)}: Member must have {what} greater than or equal to {least}")


def _at(value: Any, path: str) -> str:
    shown = "null" if value is None else value if isinstance(value, str) else json.dumps(value, default=str)
    place = ".".join(part[:1].lower() + part[1:] for part in path.split("."))
    return (
        f"Value '{shown}' at '{place}' failed to satisfy constraint"
        if value is not None
        else (f"Value null at '{place}' failed to satisfy constraint")
    )


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
