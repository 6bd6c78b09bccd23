"""Checks payload templates and the variables that a state assigns."""

from __future__ import annotations

from mdlc_local.states.definitions import paths, values
from mdlc_local.states.definitions.places import JSONPATH, Place

RESERVED_VARIABLE = "states"
MAX_VARIABLE_CHARACTERS = 80

# bool comes first because it is a subclass of int.
_TYPES = {bool: "BOOLEAN", int | float: "NUMBER", dict: "OBJECT", list: "ARRAY"}


def payload(place: Place) -> None:
    """Any JSON; in JSONPath, a key that ends in ``.$`` has a path or an intrinsic function call as value."""
    if place.language == JSONPATH:
        _payload(place, place)


def _payload(place: Place, field: Place) -> None:
    for child in place.children():
        name = child.key
        if isinstance(place.value, dict) and name.endswith(".$"):
            if not isinstance(child.value, str):
                field.fault(
                    f"The value for the field '{name}' must be a STRING that contains a JSONPath but was "
                    f"an {_type_of(child.value)}"
                )
            elif not paths.is_path(child.value) and not paths.is_call(child.value):
                field.fault(
                    f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic "
                    "function call"
                )
        else:
            _payload(child, field)


def _type_of(value: object) -> str:
    return next((name for kind, name in _TYPES.items() if isinstance(value, kind)), "NULL")


def assign(place: Place) -> None:
    """An Assign field: the variables that a state assigns."""
    values.mapping(place)
    payload(place)
    for name, child in variables(place):
        if name == RESERVED_VARIABLE:
            child.fault("Cannot assign to reserved variable '$states'.", "RESERVED_VARIABLE_NAME")
        elif not _is_name(name):
            child.fault(
                f"Invalid variable name '{name}': the variable name contains invalid characters.",
                "INVALID_VARIABLE_NAME",
            )
        elif len(name) > MAX_VARIABLE_CHARACTERS:
            child.fault(
                f"Invalid variable name '{name}': the variable name exceeds {MAX_VARIABLE_CHARACTERS} "
                "characters.",
                "INVALID_VARIABLE_NAME",
            )


def variables(place: Place) -> list[tuple[str, Place]]:
    """The names of an Assign's variables, each with its place."""
    if not isinstance(place.value, dict):
        return []
    suffix = ".$" if place.language == JSONPATH else ""
    return [(name.removesuffix(suffix), place.child(name)) for name in place.value]


def _is_name(name: str) -> bool:
    # Python's identifiers are Unicode's, plus those that begin with an underscore.
    return name.isidentifier() and not name.startswith("_")
