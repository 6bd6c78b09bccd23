"""Reads versions from the model registry: their origin, their approval, and who changed it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mdlc_client.aws import AwsClients

Package = Mapping[str, Any]

SHOWN = (
    "data_version",
    "code_version",
    "job_code",
    "image",
    "training_job",
    "model",
    "program",
    "evaluation",
    "run",
)


def describe(aws: AwsClients, arn: str) -> Package:
    """A model package as plain values; empty when it is no longer registered."""
    from botocore.exceptions import ClientError

    try:
        described = aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        return {}
    return plain(described)


def versions(aws: AwsClients, group: str) -> list[Package]:
    """All versions of a model package group, oldest first; empty when there is no such group."""
    sagemaker = aws.client("sagemaker")
    listed = arns(aws, group)
    return [plain(sagemaker.describe_model_package(ModelPackageName=arn)) for arn in listed]


def arns(aws: AwsClients, group: str, *, status: str | None = None) -> list[str]:
    """The ARNs of a model package group's versions, oldest first; empty when there is no such group.

    Args:
        aws: makes the clients.
        group: the group's name, which is the model's.
        status: only versions of this approval status, such as ``PendingManualApproval``.
    """
    from botocore.exceptions import ClientError

    only = {} if status is None else {"ModelApprovalStatus": status}
    pages = (
        aws.client("sagemaker")
        .get_paginator("list_model_packages")
        .paginate(ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Ascending", **only)
    )
    try:
        return [each["ModelPackageArn"] for page in pages for each in page["ModelPackageSummaryList"]]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ValidationException", "ResourceNotFound"):
            raise
        return []


def plain(described: Mapping[str, Any]) -> Package:
    """The version's origin and approval from a DescribeModelPackage answer."""
    life_cycle = described.get("ModelLifeCycle") or {}
    return {
        "package_arn": described["ModelPackageArn"],
        "version": described.get("ModelPackageVersion"),
        "status": described.get("ModelApprovalStatus", ""),
        "description": described.get("ApprovalDescription", ""),
        "created_at": _moment(described.get("CreationTime")),
        "created_by": who(described.get("CreatedBy")),
        "changed_at": _moment(described.get("LastModifiedTime")),
        "changed_by": who(described.get("LastModifiedBy")),
        "life_cycle": " ".join(
            str(life_cycle[name])
            for name in ("Stage", "StageStatus", "StageDescription")
            if life_cycle.get(name)
        ),
        "metadata": dict(described.get("CustomerMetadataProperties") or {}),
    }


def who(context: Mapping[str, Any] | None) -> str:
    """The name in a UserContext: a Studio user, or an IAM identity with its source identity; else empty."""
    if not context:
        return ""
    if context.get("UserProfileName"):
        return str(context["UserProfileName"])
    identity = context.get("IamIdentity") or {}
    source = identity.get("SourceIdentity")
    arn = str(identity.get("Arn") or identity.get("PrincipalId") or "")
    return f"{arn} ({source})" if source else arn


def _moment(value: Any) -> str:
    """A time of AWS's answer in UTC; the SDK gives it in this machine's zone."""
    if not isinstance(value, datetime):
        return str(value or "")
    return value.astimezone(UTC).isoformat(timespec="seconds")
