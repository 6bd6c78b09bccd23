"""Checks the rules of a Choice state."""

from __future__ import annotations

from typing import Any

from mdlc_local.states.definitions import templates, values
from mdlc_local.states.definitions.places import JSONATA, JSONPATH, Place

SELECTORS = ("And", "Or", "Not", "Variable", "Condition")
_ORDERS = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")


def _amount(place: Place) -> None:
    if isinstance(place.value, bool) or not isinstance(place.value, int | float):
        place.fault("Expected value of type Number")


def _operators() -> dict[str, values.Checker]:
    table: dict[str, values.Checker] = {"StringMatches": values.text, "BooleanEquals": values.boolean}
    table |= {"BooleanEqualsPath": values.reference_path}
    kinds = {"String": values.text, "Numeric": _amount, "Timestamp": values.timestamp}
    for kind, check in kinds.items():
        for order in _ORDERS:
            table[f"{kind}{order}"] = check
            table[f"{kind}{order}Path"] = values.reference_path
    for test in ("Null", "Present", "Numeric", "String", "Boolean", "Timestamp"):
        table[f"Is{test}"] = values.boolean
    return table


OPERATORS = _operators()
"""By comparison operator of a JSONPath rule: the checker of its operand."""

_OF_RULE: dict[str, values.Checker] = {
    "Next": values.text,
    "Comment": values.text,
    "Assign": templates.assign,
}
_OF_JSONPATH = {"Variable", "And", "Or", "Not", *OPERATORS}


def choices(place: Place) -> None:
    """A Choices field: the rules of a Choice state in either query language."""
    values.sequence(place)
    for rule in place.children() if isinstance(place.value, list) else ():
        if not isinstance(rule.value, dict):
            values.mapping(rule)
        elif rule.language == JSONATA:
            other = values.in_language_only(rule, JSONPATH, _OF_JSONPATH)
            table: dict[str, values.Checker] = {"Condition": _condition, "Output": values.anything}
            required = [] if other else ["Condition"]
            table |= _OF_RULE | dict.fromkeys(other, values.anything)
            values.fields(rule, table, [*required, "Next"])
        else:
            _rule(rule, is_nested=False)


def _condition(place: Place) -> None:
    if not isinstance(place.value, bool) and not place.is_expression:
        place.fault("Expected value of type [BOOLEAN] or a JSONata expression")


def _rule(rule: Place, *, is_nested: bool) -> None:
    if not isinstance(rule.value, dict):
        values.mapping(rule)
        return
    other = values.in_language_only(rule, JSONATA, {"Condition", "Output"})
    table: dict[str, Any] = {
        "Variable": values.reference_path,
        "And": _rules,
        "Or": _rules,
        "Not": _nested,
        **OPERATORS,
        **({"Comment": values.text} if is_nested else _OF_RULE),
        **dict.fromkeys(other, values.anything),
    }
    values.fields(rule, table, [] if is_nested else ["Next"])
    if other:
        return
    if sum(name in rule.value for name in SELECTORS) != 1:
        rule.fault(f"The object must have only one of the following fields, [{', '.join(SELECTORS)}]")
    elif rule.has("Variable"):
        operators = [name for name in rule.value if name in OPERATORS]
        if len(operators) != 1:
            rule.fault(
                f"There should only be one of the following fields: [{', '.join(operators or OPERATORS)}]"
            )
    elif any(name in OPERATORS for name in rule.value):
        rule.fault("These fields are required: [Variable]")


def _rules(place: Place) -> None:
    values.sequence(place)
    for rule in place.children() if isinstance(place.value, list) else ():
        _nested(rule)


def _nested(place: Place) -> None:
    _rule(place, is_nested=True)
