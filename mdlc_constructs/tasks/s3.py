"""Tasks on S3 objects, by the AWS SDK integration (bodies of up to 256 KiB)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.permissions import use_key
from mdlc_constructs.tasks.requests import is_expression, present


def put_object(
    name: str,
    *,
    bucket: str,
    key: str,
    body: object,
    content_type: str | None = None,
    key_pattern: str | None = None,
    kms_key_arn: str | None = None,
    overrides: Mapping[str, object] | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that writes an object, whose body is written as JSON: a text with its quotation marks.

    `key_pattern` (such as `runs/*`) is the pattern of keys for the permission; it is required when `key` is a
    JSONata expression. `kms_key_arn` is the bucket's customer-managed key.
    """
    target = _objects(bucket, "key", key, key_pattern)
    request = {"Bucket": bucket, "Key": key, "Body": body, "ContentType": content_type}
    return integration(
        name,
        service="aws-sdk:s3",
        action="putObject",
        arguments=present(request),
        statements=(Statement(actions=("s3:PutObject",), resources=(target,)), *use_key(kms_key_arn, "s3")),
        overrides=overrides,
        **state,
    )


def get_object(
    name: str,
    *,
    bucket: str,
    key: str,
    byte_range: str | None = None,
    key_pattern: str | None = None,
    kms_key_arn: str | None = None,
    overrides: Mapping[str, object] | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that reads a text object; its result holds `Body`, a text of at most 256 KiB.

    A longer body fails the execution, and `States.ALL` does not catch it: give a `byte_range`, such as
    `bytes=0-99999`, when the size is not known. `key_pattern` (such as `runs/*`) is the pattern of keys for
    the permission; it is required when `key` is a JSONata expression. `kms_key_arn` is the bucket's
    customer-managed key.
    """
    target = _objects(bucket, "key", key, key_pattern)
    return integration(
        name,
        service="aws-sdk:s3",
        action="getObject",
        arguments=present({"Bucket": bucket, "Key": key, "Range": byte_range}),
        statements=(
            Statement(actions=("s3:GetObject",), resources=(target,)),
            *use_key(kms_key_arn, "s3", actions=("kms:Decrypt",)),
        ),
        overrides=overrides,
        **state,
    )


def copy_object(
    name: str,
    *,
    source_bucket: str,
    source_key: str,
    bucket: str,
    key: str,
    source_key_pattern: str | None = None,
    key_pattern: str | None = None,
    kms_key_arn: str | None = None,
    source_kms_key_arn: str | None = None,
    overrides: Mapping[str, object] | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that copies an object of up to 5 GB atomically: readers see all of it or nothing.

    The patterns are patterns of keys for the permissions; each is required when its key is a JSONata
    expression. `kms_key_arn` is the customer-managed key of the target's bucket, and of the source's, too,
    unless `source_kms_key_arn` is another.
    """
    source = _objects(source_bucket, "source_key", source_key, source_key_pattern)
    target = _objects(bucket, "key", key, key_pattern)
    request = {"Bucket": bucket, "Key": key, "CopySource": _copy_source(source_bucket, source_key)}
    return integration(
        name,
        service="aws-sdk:s3",
        action="copyObject",
        arguments=request,
        statements=(
            Statement(actions=("s3:GetObject",), resources=(source,)),
            Statement(actions=("s3:PutObject",), resources=(target,)),
            *use_key(kms_key_arn, "s3"),
            *use_key(source_kms_key_arn, "s3"),
        ),
        overrides=overrides,
        **state,
    )


def list_objects(
    name: str,
    *,
    bucket: str,
    prefix: str,
    max_keys: int = 1000,
    prefix_pattern: str | None = None,
    overrides: Mapping[str, object] | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that lists the objects below a prefix; its result holds `KeyCount`, and `Contents` if any exist.

    `prefix_pattern` (such as `runs/*`) is the pattern of prefixes for the permission; it is required when
    `prefix` is a JSONata expression.
    """
    _check_known(bucket, "prefix", prefix, prefix_pattern)
    return integration(
        name,
        service="aws-sdk:s3",
        action="listObjectsV2",
        arguments={"Bucket": bucket, "Prefix": prefix, "MaxKeys": max_keys},
        statements=(
            Statement(
                actions=("s3:ListBucket",),
                resources=(f"arn:${{Partition}}:s3:::{bucket}",),
                conditions={"StringLike": {"s3:prefix": prefix_pattern or prefix}},
            ),
        ),
        overrides=overrides,
        **state,
    )


def _copy_source(bucket: str, key: str) -> str:
    if is_expression(key):
        return f"{{% '{bucket}/' & ({key[2:-2].strip()}) %}}"
    return f"{bucket}/{key}"


def _check_known(bucket: str, argument: str, key: str, pattern: str | None) -> None:
    if is_expression(bucket):
        raise ValueError(f"bucket={bucket!r} is known only at run time; name it to be allowed to use it.")
    if pattern is None and is_expression(key):
        raise ValueError(
            f"{argument}={key!r} is known only at run time; pass {argument}_pattern, such as 'runs/*', "
            "for the permission to be granted on."
        )


def _objects(bucket: str, argument: str, key: str, pattern: str | None) -> str:
    _check_known(bucket, argument, key, pattern)
    return f"arn:${{Partition}}:s3:::{bucket}/{pattern or key}"
