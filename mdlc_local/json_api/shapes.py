"""Values of an API by the shapes of botocore's model."""

import datetime
from typing import Any


def outward(shape: Any, value: Any) -> Any:
    """The members of `value` that `shape` has, as JSON values, with times as epoch seconds."""
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure":
        return {
            name: outward(member, value[name])
            for name, member in shape.members.items()
            if isinstance(value, dict) and value.get(name) is not None
        }
    if kind == "list":
        return [outward(shape.member, item) for item in value]
    if kind == "map":
        return {key: outward(shape.value, item) for key, item in value.items()}
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    return value
