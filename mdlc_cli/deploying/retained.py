"""Finds the resources that deleted stacks retained by their `DeletionPolicy`.

CloudFormation shows a deleted stack's events for 90 days; its retained resources are DELETE_SKIPPED there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from mdlc_cli.aws import stacks
from mdlc_cli.aws.target import Target

BUCKET, TABLE, KEY = "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key"
GROUP, LOG_GROUP, ROLE = "AWS::SageMaker::ModelPackageGroup", "AWS::Logs::LogGroup", "AWS::IAM::Role"

IDENTIFIERS: Mapping[str, str] = {
    BUCKET: "BucketName",
    TABLE: "TableName",
    KEY: "KeyId",
    GROUP: "ModelPackageGroupArn",
    LOG_GROUP: "LogGroupName",
    ROLE: "RoleName",
}
"""By type: the property by which CloudFormation imports a resource (its schema's primary identifier)."""

WORDS: Mapping[str, str] = {
    BUCKET: "bucket",
    TABLE: "table",
    KEY: "key",
    GROUP: "model package group",
    LOG_GROUP: "log group",
    ROLE: "role",
}

_GONE = frozenset({
    *("404", "NoSuchBucket", "NoSuchEntity", "NotFound", "NotFoundException"),
    *("ResourceNotFound", "ResourceNotFoundException", "ValidationException"),
})  # fmt: skip
"""Error codes for a resource that does not exist; SageMaker's is ValidationException."""


@dataclass(frozen=True, kw_only=True)
class Retained:
    """A resource that a deleted stack retained.

    Attributes:
        stack: the stack's name.
        kind: its CloudFormation type.
        physical_id: its name, id or ARN, as `Ref` gives it.
    """

    stack: str
    logical_id: str
    kind: str
    physical_id: str

    @property
    def name(self) -> str:
        """The name for display; for a model package group, the name in its ARN."""
        return self.physical_id.rpartition("/")[2] if self.kind == GROUP else self.physical_id

    @property
    def sentence_part(self) -> str:
        """Its kind and name, such as ``bucket churn-1``."""
        return f"{WORDS.get(self.kind, self.kind)} {self.name}"


def left_by(target: Target, names: Collection[str]) -> list[Retained]:
    """The resources retained by deleted stacks of these names that still exist and belong to no stack.

    When successive stacks of a name each retained a resource of the same logical id, the newest is first.
    """
    deleted = [stack for stack in _deleted(target) if stack["StackName"] in names]
    if not deleted:
        return []
    candidates = [resource for stack in deleted for resource in _skipped(target, stack)]
    if not candidates:
        return []
    owned = _owned(target)
    unique = {
        resource.physical_id: resource
        for resource in reversed(candidates)
        if resource.physical_id not in owned
    }
    return [resource for resource in reversed(unique.values()) if exists(target, resource)]


def deleted_names(target: Target) -> set[str]:
    """The names of the stacks deleted in the last 90 days."""
    return {str(summary["StackName"]) for summary in _deleted(target)}


def exists(target: Target, resource: Retained) -> bool:
    """Whether the resource still exists; True for a type that cannot be looked up here."""
    look = _LOOKS.get(resource.kind)
    if look is None:
        return True
    try:
        return look(target, resource.name)
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return False
        raise


def _deleted(target: Target) -> list[dict[str, Any]]:
    """Summaries of deleted stacks, the most recently deleted first."""
    summaries = stacks.pages(
        target.client("cloudformation"),
        "list_stacks",
        "StackSummaries",
        StackStatusFilter=["DELETE_COMPLETE"],
    )
    return sorted(
        summaries,
        key=lambda summary: str(summary.get("DeletionTime") or summary["CreationTime"]),
        reverse=True,
    )


def _skipped(target: Target, stack: Mapping[str, Any]) -> list[Retained]:
    """A deleted stack's resources whose last event is DELETE_SKIPPED."""
    last: dict[str, dict[str, Any]] = {}
    # Events are listed newest first.
    for event in stacks.pages(
        target.client("cloudformation"), "describe_stack_events", "StackEvents", StackName=stack["StackId"]
    ):
        last.setdefault(event["LogicalResourceId"], event)
    return [
        Retained(
            stack=stack["StackName"],
            logical_id=event["LogicalResourceId"],
            kind=event["ResourceType"],
            physical_id=event["PhysicalResourceId"],
        )
        for event in last.values()
        if event["ResourceStatus"] == "DELETE_SKIPPED" and event.get("PhysicalResourceId")
    ]


def _owned(target: Target) -> set[str]:
    """The physical ids of all deployed stacks' resources: a stack may have imported a retained one."""
    return {
        resource["PhysicalResourceId"]
        for stack in stacks.deployed(target)
        for resource in stacks.resources(target, stack.name)
        if resource.get("PhysicalResourceId")
    }


def _key_is_there(target: Target, name: str) -> bool:
    state = target.client("kms").describe_key(KeyId=name)["KeyMetadata"]["KeyState"]
    return bool(state != "PendingDeletion")


def _log_group_is_there(target: Target, name: str) -> bool:
    groups = target.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(group["logGroupName"] == name for group in groups)


def _answered(service: str, operation: str, member: str) -> Callable[[Target, str], bool]:
    """A lookup that returns True when the operation succeeds; it raises the service's error otherwise."""

    def look(target: Target, name: str) -> bool:
        getattr(target.client(service), operation)(**{member: name})
        return True

    return look


_LOOKS: Mapping[str, Callable[[Target, str], bool]] = {
    BUCKET: _answered("s3", "head_bucket", "Bucket"),
    TABLE: _answered("dynamodb", "describe_table", "TableName"),
    GROUP: _answered("sagemaker", "describe_model_package_group", "ModelPackageGroupName"),
    ROLE: _answered("iam", "get_role", "RoleName"),
    KEY: _key_is_there,
    LOG_GROUP: _log_group_is_there,
}
