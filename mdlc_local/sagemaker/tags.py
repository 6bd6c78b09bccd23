"""AddTags, ListTags, DeleteTags."""

from typing import Any

from mdlc_local.errors import ApiError
from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.records import Record
from mdlc_local.scopes import Scope

LIMIT = 50
"""The most tags that a resource may have."""


def _resource(arn: str, scope: Scope) -> Record:
    record = records.by_arn(arn, scope)
    if record is None:
        raise ApiError("ResourceNotFound", f"Requested resource not found: {arn}")
    return record


def add(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """AddTags; the value of an existing key is replaced.

    Raises:
        ApiError: ResourceNotFound, or ResourceLimitExceeded.
    """
    record = _resource(request["ResourceArn"], scope)
    with records.changing(record):
        tags = {tag["Key"]: tag["Value"] for tag in [*record.get("Tags", []), *request["Tags"]]}
        if len(tags) > LIMIT:
            raise ApiError("ResourceLimitExceeded", f"A resource can have at most {LIMIT} tags")
        record["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        return {"Tags": list(record["Tags"])}


def list_tags(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListTags."""
    return {"Tags": list(_resource(request["ResourceArn"], scope).get("Tags", []))}


def delete(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DeleteTags."""
    record = _resource(request["ResourceArn"], scope)
    with records.changing(record):
        record["Tags"] = [tag for tag in record.get("Tags", []) if tag["Key"] not in request["TagKeys"]]
    return {}
