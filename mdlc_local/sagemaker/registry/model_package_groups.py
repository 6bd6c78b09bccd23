"""CreateModelPackageGroup, DescribeModelPackageGroup, ListModelPackageGroups, DeleteModelPackageGroup."""

import copy
from typing import Any

from mdlc_local import clock
from mdlc_local.errors import invalid
from mdlc_local.sagemaker import listing, records
from mdlc_local.sagemaker.faults import conflict
from mdlc_local.sagemaker.records import MODEL_PACKAGE, MODEL_PACKAGE_GROUP, Record
from mdlc_local.scopes import Scope


def create(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """CreateModelPackageGroup.

    Raises:
        ApiError: ValidationException when the group exists.
    """
    name = request["ModelPackageGroupName"]
    arn = records.arn(MODEL_PACKAGE_GROUP, name, scope)
    record: Record = {
        **copy.deepcopy(request),
        "ModelPackageGroupArn": arn,
        "ModelPackageGroupStatus": "Completed",
        "CreationTime": clock.now(),
        "CreatedBy": {},
    }
    with records.lock:
        if records.table(MODEL_PACKAGE_GROUP, scope).setdefault(name.lower(), record) is not record:
            raise invalid(f"Model Package Group already exists: {arn}")
    return {"ModelPackageGroupArn": arn}


def existing(name_or_arn: str, scope: Scope) -> Record:
    """The record of the group with that name or ARN.

    Raises:
        ApiError: ValidationException when there is none.
    """
    record = records.find(MODEL_PACKAGE_GROUP, name_or_arn, scope)
    if record is None:
        arn = records.arn(MODEL_PACKAGE_GROUP, records.bare(name_or_arn), scope)
        raise invalid(f"ModelPackageGroup {arn} does not exist.")
    return record


def versions(group: Record, scope: Scope) -> list[Record]:
    """The group's model packages, oldest first."""
    with records.lock:
        return [
            package
            for package in records.table(MODEL_PACKAGE, scope).values()
            if package.get("ModelPackageGroupName") == group["ModelPackageGroupName"]
        ]


def describe(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DescribeModelPackageGroup."""
    return existing(request["ModelPackageGroupName"], scope)


def list_groups(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListModelPackageGroups."""
    with records.lock:
        every = list(records.table(MODEL_PACKAGE_GROUP, scope).values())
        summaries, token = listing.page(request, MODEL_PACKAGE_GROUP, every)
    return {"ModelPackageGroupSummaryList": summaries, "NextToken": token}


def delete(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DeleteModelPackageGroup.

    Raises:
        ApiError: ConflictException while the group has packages.
    """
    group = existing(request["ModelPackageGroupName"], scope)
    with records.lock:
        if versions(group, scope):
            raise conflict(
                f"Cannot delete ModelPackageGroup {group['ModelPackageGroupArn']} because it contains Model "
                "Packages. Please delete all Model Packages in the group first."
            )
        records.table(MODEL_PACKAGE_GROUP, scope).pop(group["ModelPackageGroupName"].lower())
    return {}
