"""The IAM actions that the role needs for a task, by the integration that the task calls."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from mdlc_constructs.asl.api_table import operation

# IAM's service prefix, by the integration's service. Other services are not checked, because their IAM
# actions may have other names than their operations.
_PREFIXES: Mapping[str, str] = {
    "application-autoscaling": "application-autoscaling",
    "athena": "athena",
    "batch": "batch",
    "dynamodb": "dynamodb",
    "ecs": "ecs",
    "events": "events",
    "glue": "glue",
    "lambda": "lambda",
    "s3": "s3",
    "sagemaker": "sagemaker",
    "sagemaker-runtime": "sagemaker",
    "sns": "sns",
    "sqs": "sqs",
    "stepfunctions": "states",
}

# The IAM actions of operations whose name differs; empty for an operation without an action of its own.
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "dynamodb:TransactWriteItems": (),
    "dynamodb:TransactGetItems": (),
    "lambda:Invoke": ("lambda:InvokeFunction",),
    "s3:CopyObject": ("s3:GetObject", "s3:PutObject"),
    "s3:HeadObject": ("s3:GetObject",),
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:ListObjects": ("s3:ListBucket",),
    "s3:CreateMultipartUpload": ("s3:PutObject",),
}

_TRANSACTED: Mapping[str, str] = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Get": "dynamodb:GetItem",
}

_EVENT_ACTIONS = ("events:DescribeRule", "events:PutRule", "events:PutTargets")


@cache
def called_actions(resource: str) -> tuple[str, ...]:
    """The actions that a call needs with any arguments; empty when the resource does not determine them."""
    if resource.startswith("arn:") and ":lambda:" in resource and ":states:" not in resource:
        return ("lambda:InvokeFunction",)
    called = operation(resource)
    if called is None:
        return ()
    service, _, name = called.partition(":")
    if service not in _PREFIXES:
        return ()
    actions = _ACTIONS.get(called, (f"{_PREFIXES[service]}:{name}",))
    if service == "sagemaker" and resource.endswith(".sync"):
        subject = name.removeprefix("Create")
        # Step Functions tags a job that it waits for, watches it by a managed EventBridge rule, and stops it
        # when the execution is stopped.
        waiting = (f"sagemaker:Describe{subject}", f"sagemaker:Stop{subject}", "sagemaker:AddTags")
        return (*actions, *waiting, *_EVENT_ACTIONS)
    if called == "stepfunctions:StartExecution" and ".sync" in resource:
        return (*actions, "states:DescribeExecution", "states:StopExecution", *_EVENT_ACTIONS)
    return actions


def required_actions(resource: str, arguments: object) -> tuple[str, ...]:
    """All actions that a call needs, also for its arguments: writes in a transaction, a passed role."""
    actions = called_actions(resource)
    if not isinstance(arguments, Mapping):
        return actions
    if resource.endswith((":transactWriteItems", ":transactGetItems")):
        return (*actions, *sorted({_TRANSACTED[kind] for kind in _kinds(arguments)}))
    if ":sagemaker:" in resource:
        if "RoleArn" in arguments or "ExecutionRoleArn" in arguments:
            actions = (*actions, "iam:PassRole")
        if "Tags" in arguments and "sagemaker:AddTags" not in actions:
            actions = (*actions, "sagemaker:AddTags")
    return actions


def _kinds(arguments: Mapping[str, object]) -> set[str]:
    writes = arguments.get("TransactItems")
    if not isinstance(writes, (list, tuple)):
        return set()
    return {kind for write in writes if isinstance(write, Mapping) for kind in write if kind in _TRANSACTED}
