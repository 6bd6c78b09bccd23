"""Checks JSONata in a definition: expressions that do not parse or that read undefined values.

An expression has no context item; it can only read `$states` and variables. Step Functions rejects a path
that begins with anything else.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from typing import Any

from jsonata.jexception import JException
from jsonata.parser import Parser

from mdlc_local.states.definitions.places import JSONATA, Place

INVALID, UNSUPPORTED = "INVALID_JSONATA_EXPRESSION", "UNSUPPORTED_JSONATA_EXPRESSION"

PLAIN_FIELDS = frozenset(
    (
        *("Type", "QueryLanguage", "Comment", "Next", "Default", "Resource", "ErrorEquals", "Retry"),
        *("Credentials", "CSVHeaders", "ItemProcessor", "Iterator", "Branches", "Label"),
    )
)
"""Fields whose strings are never expressions, and fields that contain nested states."""

PAYLOADS = frozenset(("Output", "Assign", "Arguments", "Items", "ItemSelector", "BatchInput"))
"""Fields with any JSON value, in which every string may be an expression."""


def check(state: Place) -> None:
    """Report faults in the expressions of a state, except those of nested states."""
    if state.language == JSONATA:
        _check(state, in_payload=False, has_error=False)


def _check(place: Place, *, in_payload: bool, has_error: bool) -> None:
    if isinstance(place.value, str):
        _check_text(place, has_error=has_error)
    of_catcher = not in_payload and place.key.startswith("Catch[")
    for child in place.children():
        name = child.key if isinstance(place.value, dict) else ""
        if in_payload or name not in PLAIN_FIELDS:
            _check(
                child,
                in_payload=in_payload or name in PAYLOADS,
                has_error=has_error or (of_catcher and name in ("Output", "Assign")),
            )


def _check_text(place: Place, *, has_error: bool) -> None:
    text: str = place.value
    if not text.startswith("{%"):
        return
    if not text.endswith("%}") or len(text) < len("{%%}"):
        place.fault("JSONata string must start with {% and end with %}")
        return
    error, reads = _reading(text[2:-2])
    if error is not None:
        place.fault(error, INVALID)
    for name in reads:
        if name == "$states.errorOutput":
            if not has_error:
                place.fault("Field '$states.errorOutput' does not exist.", UNSUPPORTED)
        elif name == "$$":
            place.fault("Reference to '$$' is not supported.", UNSUPPORTED)
        else:
            place.fault(f"Reference to '{name}' at the top level is not supported.", UNSUPPORTED)


@functools.lru_cache(8192)
def _reading(expression: str) -> tuple[str | None, tuple[str, ...]]:
    """An expression's syntax error or None, and the names that it reads from the context item."""
    try:
        tree = Parser().parse(expression)
    except Exception as error:  # the parser raises plain Python errors too, where its checks are incomplete
        return _message(error), ()
    return None, tuple(dict.fromkeys(_reads(tree)))


def _message(error: Exception) -> str:
    """The parser's error message as AWS prints it, with symbols in quotes."""
    template = JException.error_codes.get(getattr(error, "error", ""))
    if template is None:
        return "Syntax error"
    symbols = iter((getattr(error, "current", None), getattr(error, "expected", None)))
    return re.sub(r"\{\{\{?\w+\}?\}\}", lambda _: json.dumps(next(symbols, "")), template)


def _reads(node: Any) -> Iterator[str]:
    """The names that a part of an expression reads from the context item, in order.

    Only the first step of a path reads it; later steps and predicates read the previous step's value. The
    body of a lambda has the context item of the enclosing expression.
    """
    kind = getattr(node, "type", None)
    if kind == "path":
        first, *others = node.steps
        yield from _reads(first)
        if others and _is_variable(first, "states") and getattr(others[0], "value", None) == "errorOutput":
            yield "$states.errorOutput"
    elif kind == "name":
        yield str(node.value)
    elif kind == "variable":
        if node.value in ("", "$"):
            yield "$" if node.value == "" else "$$"
    else:
        for part in _parts(node, kind):
            yield from _reads(part)


def _parts(node: Any, kind: str | None) -> Iterator[Any]:
    if kind == "unary" and str(node.value) == "{":
        for key, value in node.lhs_object or ():
            yield key
            yield value
    elif kind == "unary":
        yield from node.expressions or ()
        yield node.expression
    elif kind in ("binary", "apply"):
        yield node.lhs
        yield node.rhs
    elif kind in ("function", "partial"):
        yield node.procedure
        yield from node.arguments or ()
    elif kind == "lambda":
        yield node.body
    elif kind == "condition":
        yield node.condition
        yield node.then
        yield node._else
    elif kind == "block":
        yield from node.expressions or ()
    elif kind == "bind":
        yield node.rhs


def _is_variable(node: Any, name: str) -> bool:
    return getattr(node, "type", None) == "variable" and node.value == name
