"""SageMaker's API by botocore's service model: names, shapes, and JSON values."""

import datetime
import functools
from typing import Any

import botocore.session


@functools.cache
def service_model() -> Any:
    """Botocore's service model of SageMaker; the first call takes about 0.4 s."""
    return botocore.session.get_session().get_service_model("sagemaker")


def operation(name: str) -> Any:
    """The operation model of `name`, or None when SageMaker has no such operation."""
    model = service_model()
    return model.operation_model(name) if name in model.operation_names else None


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


def now() -> datetime.datetime:
    """The current time in UTC."""
    return datetime.datetime.now(datetime.UTC)


def moment(value: float | str) -> datetime.datetime:
    """The datetime of a time in a request, which is epoch seconds or an ISO 8601 text."""
    if isinstance(value, str):
        parsed = datetime.datetime.fromisoformat(value)
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)
    return datetime.datetime.fromtimestamp(value, datetime.UTC)
