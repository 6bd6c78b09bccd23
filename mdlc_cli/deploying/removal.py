"""Permanently removes what deleted stacks retained: data, models, audit tables and keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any

from botocore.exceptions import ClientError

from mdlc_cli.aws.target import Target
from mdlc_cli.deploying.retained import BUCKET, GROUP, KEY, LOG_GROUP, TABLE, Retained
from mdlc_cli.errors import CommandError

KEY_DAYS = 7
"""KMS's shortest waiting period before it deletes a key; until then the deletion can be cancelled."""
_AT_ONCE = 1000
"""The most objects that one S3 request can delete."""


def removable(left: Sequence[Retained]) -> list[Retained]:
    """The resources that `remove` can remove; keys last, after the resources that they encrypt."""
    return sorted(
        (resource for resource in left if resource.kind in _REMOVALS),
        key=lambda resource: resource.kind == KEY,
    )


def remove(target: Target, resource: Retained) -> str:
    """Removes a resource.

    Returns:
        A remark for the user, or an empty string.

    Raises:
        CommandError: AWS answered with an error.
    """
    try:
        return _REMOVALS[resource.kind](target, resource.name)
    except ClientError as error:
        reason = error.response["Error"].get("Message", str(error))
        raise CommandError(
            f"{resource.sentence_part} could not be removed ({reason}): put that right and run "
            f"`mdlc teardown {resource.stack} --everything` again"
        ) from error


def _bucket(target: Target, name: str) -> str:
    client = target.client("s3")
    count = 0
    for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
        entries = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        for some in _batches([{"Key": each["Key"], "VersionId": each["VersionId"]} for each in entries]):
            answer = client.delete_objects(Bucket=name, Delete={"Objects": some, "Quiet": True})
            # S3 answers 200 even when it deleted nothing; the body lists the errors.
            if refused := answer.get("Errors"):
                first = refused[0]
                raise CommandError(
                    f"{len(refused)} objects of bucket {name} could not be deleted, the first being "
                    f"{first.get('Key')} ({first.get('Code')}: {first.get('Message')}): put that right and "
                    "try again"
                )
            count += len(some)
    client.delete_bucket(Bucket=name)
    return f"{count:,} versions of objects in it"


def _table(target: Target, name: str) -> str:
    client = target.client("dynamodb")
    client.delete_table(TableName=name)
    client.get_waiter("table_not_exists").wait(TableName=name)
    return ""


def _group(target: Target, name: str) -> str:
    client = target.client("sagemaker")
    pages = client.get_paginator("list_model_packages").paginate(ModelPackageGroupName=name)
    # List all before deleting any, because deleting changes the pages.
    arns = [package["ModelPackageArn"] for page in pages for package in page["ModelPackageSummaryList"]]
    for arn in arns:
        client.delete_model_package(ModelPackageName=arn)
    client.delete_model_package_group(ModelPackageGroupName=name)
    return f"{len(arns)} versions in it"


def _log_group(target: Target, name: str) -> str:
    target.client("logs").delete_log_group(logGroupName=name)
    return ""


def _key(target: Target, name: str) -> str:
    answer = target.client("kms").schedule_key_deletion(KeyId=name, PendingWindowInDays=KEY_DAYS)
    day = answer["DeletionDate"].astimezone(UTC)
    return f"KMS deletes it on {day:%Y-%m-%d}; until then it can be restored, and not used"


def _batches(entries: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [entries[start : start + _AT_ONCE] for start in range(0, len(entries), _AT_ONCE)]


_REMOVALS: dict[str, Callable[[Target, str], str]] = {
    BUCKET: _bucket,
    TABLE: _table,
    GROUP: _group,
    LOG_GROUP: _log_group,
    KEY: _key,
}
"""By type: the removal. Roles are left out: the retained one is API Gateway's logging role of the account."""
