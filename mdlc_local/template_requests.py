"""Requests to our own JSON APIs made of a template's properties, whose names differ in case only."""

import importlib
from typing import Any

from mdlc_local import patches, scopes
from mdlc_local.errors import ApiError
from mdlc_local.json_api.api import JsonApi

PROVISIONERS = "ministack.services.cloudformation.provisioners"
_NAME = (PROVISIONERS, "_physical_name", "stack_name logical_id lowercase max_len seeded")


def physical_name(stack_name: str, logical_id: str, longest: int) -> str:
    """The name that CloudFormation makes for a resource."""
    return str(patches.take(*_NAME)(stack_name, logical_id, max_len=longest))


def converted(shape: Any, value: Any, path: str) -> Any:
    """A property as the API's shape has it.

    Raises:
        ValueError: for a property that the API does not have.
    """
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        out = {}
        for name, item in value.items():
            known = members.get(name.lower())
            if known is None:
                raise ValueError(f"{path}.{name} is not a property that the embedded AWS has.")
            out[known] = converted(shape.members[known], item, f"{path}.{name}")
        return out
    if shape.type_name == "list" and isinstance(value, list):
        return [converted(shape.member, item, path) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: converted(shape.value, item, f"{path}.{key}") for key, item in value.items()}
    return importlib.import_module("mdlc_local.cloudformation").typed(shape, value)


def call(api: JsonApi, operation: str, content: dict[str, Any]) -> dict[str, Any]:
    """Call one of our APIs for CloudFormation.

    Raises:
        ValueError: with the API's error.
    """
    try:
        return api.call(operation, content, scopes.current(), None)
    except ApiError as fault:
        raise ValueError(f"{fault.code}: {fault.message}") from fault
