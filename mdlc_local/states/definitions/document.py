"""Checks a definition's text: whether it is JSON, and all faults in it."""

from __future__ import annotations

import json
import re
from typing import Any

from mdlc_local.states.definitions import workflows
from mdlc_local.states.definitions.places import JSONPATH, SCHEMA, Place, Problem

MAX_BYTES = 1024 * 1024
"""The size limit of a definition."""

STANDARD, EXPRESS = "STANDARD", "EXPRESS"


def problems_of(definition: str, kind: str = STANDARD) -> list[Problem]:
    """The reasons why Step Functions rejects a definition.

    Args:
        definition: the machine in the Amazon States Language, as JSON text.
        kind: STANDARD or EXPRESS.

    Returns:
        All reasons, in the definition's order; an empty list for a valid definition.
    """
    size = len(definition.encode())
    if size > MAX_BYTES:
        return [Problem(SCHEMA, f"The definition has {size} bytes, more than the limit of {MAX_BYTES}", "/")]
    try:
        machine = json.loads(definition, object_pairs_hook=_object, parse_constant=_refuse_constant)
        return _problems_of(machine, kind) if isinstance(machine, dict) else [_no_object()]
    except ValueError as error:
        return [_not_json(definition, error)] if definition.strip() else [_no_object()]
    except RecursionError:
        return [Problem("TOO_DEEPLY_NESTED", "The definition is too deeply nested", None)]


def _problems_of(machine: dict[str, Any], kind: str) -> list[Problem]:
    problems: list[Problem] = []
    whole = Place(machine, "", JSONPATH, problems)
    whole = whole.in_language(workflows.language_of(whole, JSONPATH))
    scope = workflows.WorkflowScope(is_express=kind == EXPRESS, language=whole.language)
    workflows.check_fields(whole, workflows.WHOLE, scope)
    _check_repeated(whole)
    if not problems:
        workflows.check_graph(whole, scope)
    return problems


def refusal(problems: list[Problem]) -> str:
    """The error message of an API call or a deployment for these problems."""
    return f"Invalid State Machine Definition: '{', '.join(map(str, problems))}'"


class _Object(dict[str, Any]):
    """A JSON object with the list of its duplicate names."""

    repeated: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    parsed = _Object(pairs)
    if len(parsed) < len(pairs):
        names = [name for name, _ in pairs]
        parsed.repeated = tuple(dict.fromkeys(name for name in names if names.count(name) > 1))
    return parsed


def _check_repeated(place: Place) -> None:
    """Report states with the same name in one workflow; the JSON parser keeps only the last of them."""
    for child in place.children():
        if child.key == "States" and isinstance(child.value, _Object):
            for name in child.value.repeated:
                child.child(name).fault(f"Duplicate State name: {name}", "DUPLICATE_STATE_NAME")
        _check_repeated(child)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"Unrecognized token '{name}'")


def _no_object() -> Problem:
    return Problem(SCHEMA, "Definition must be a valid JSON object", None)


def _not_json(definition: str, error: Exception) -> Problem:
    position = error.pos if isinstance(error, json.JSONDecodeError) else 0
    before = definition[:position]
    line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
    word = re.match(r"\w+", definition[position:])
    if word is not None:
        # AWS's parser reports the column after the word.
        column += len(word[0])
        message = (
            f"Unrecognized token '{word[0]}': was expecting (JSON String, Number, Array, Object or token "
            "'null', 'true' or 'false')"
        )
    else:
        message = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
    place = f'[Source: (String)"{definition}"; line: {line}, column: {column}]'
    return Problem("INVALID_JSON_DESCRIPTION", f"{message}\n at {place}", place)
