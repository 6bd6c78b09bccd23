"""The narrowest IAM statements with which a machine's role can start, describe and stop its tasks' jobs.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/sagemaker-iam.html, narrowed to named resources
where possible. `sagemaker:AddTags` is added, which that page does not mention: Step Functions tags every job
that it waits for with `MANAGED_BY_AWS` (https://github.com/aws/aws-cdk/issues/26012).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.tasks.requests import is_expression


def arn(service: str, resource: str) -> str:
    """The ARN (or ARN pattern) of a resource in the stack's own partition, region and account."""
    return f"arn:${{Partition}}:{service}:${{Region}}:${{Account}}:{resource}"


def endpoint_arn(pattern: str, kind: str = "endpoint") -> str:
    """The ARN pattern of an endpoint or `endpoint-config`, whose names are in lower case in ARNs.

    Placeholders in the pattern are not changed.
    """
    parts = re.split(r"(\$\{[A-Za-z0-9_]+\})", pattern)
    return arn("sagemaker", f"{kind}/" + "".join(p if p.startswith("${") else p.lower() for p in parts))


def name_pattern(argument: str, name: str, pattern: str | None) -> str:
    """The pattern of names for a permission: `pattern`, or else the name itself.

    Raises ValueError when the name is known only at run time and `pattern` is None: a permission for all
    names would be too wide.
    """
    if pattern is not None:
        return pattern
    if is_expression(name):
        raise ValueError(
            f"{argument}={name!r} is known only at run time; pass name_pattern, such as 'churn-*', "
            "for the permission to be granted on."
        )
    return name


@lru_cache(maxsize=1024)
def pass_role(role_arn: str, service: str = "sagemaker.amazonaws.com") -> Statement:
    """The permission to pass this role to this service only.

    Raises ValueError for a role that is known only at run time.
    """
    if is_expression(role_arn):
        raise ValueError(
            f"role_arn={role_arn!r} is known only at run time; pass an ARN or a ${{Placeholder}}, "
            "because iam:PassRole is granted on exactly this role."
        )
    return Statement(
        actions=("iam:PassRole",),
        resources=(role_arn,),
        conditions={"StringEquals": {"iam:PassedToService": service}},
    )


@lru_cache(maxsize=1024)
def waited_job(kind: str, pattern: str) -> tuple[Statement, ...]:
    """Permissions to start, describe, stop and tag jobs of a kind, a key of `_RESOURCE_TYPES`."""
    job = arn("sagemaker", f"{_RESOURCE_TYPES[kind]}/{pattern}")
    actions = tuple(f"sagemaker:{verb}{kind}Job" for verb in ("Create", "Describe", "Stop"))
    return (
        Statement(actions=(*actions, "sagemaker:AddTags", "sagemaker:ListTags"), resources=(job,)),
        Statement(
            actions=("events:PutTargets", "events:PutRule", "events:DescribeRule"),
            resources=(
                arn("events", f"rule/StepFunctionsGetEventsForSageMaker{_RULES.get(kind, kind)}JobsRule"),
            ),
        ),
    )


def use_key(
    key_arn: str | None, service: str, *, actions: tuple[str, ...] = ("kms:Decrypt", "kms:GenerateDataKey")
) -> tuple[Statement, ...]:
    """Permissions to use a customer-managed key through a service; empty when `key_arn` is None."""
    if key_arn is None:
        return ()
    return (
        Statement(
            actions=actions,
            resources=(key_arn,),
            conditions={"StringLike": {"kms:ViaService": f"{service}.${{Region}}.amazonaws.com*"}},
        ),
    )


_RESOURCE_TYPES: Mapping[str, str] = {
    "Training": "training-job",
    "Processing": "processing-job",
    "Transform": "transform-job",
    "HyperParameterTuning": "hyper-parameter-tuning-job",
}
_RULES: Mapping[str, str] = {"HyperParameterTuning": "Tuning"}
"""Kinds of jobs that are called otherwise in the name of the rule that Step Functions makes."""
