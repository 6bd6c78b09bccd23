"""cdk-nag findings that a delivery pipeline causes on purpose, each with its reason. Pure text."""

import re
from collections.abc import Mapping

_WILDCARD = r"AwsSolutions-IAM5\[Resource::{}\]"
_STREAMS = _WILDCARD.format(r"arn:[\w-]+:logs:\S+:log-group:<\w+>:log-stream:\*")
_EXECUTIONS = _WILDCARD.format(r"arn:<AWS::Partition>:states:[a-z0-9-]+:\d{12}:execution:[\w-]+:\*")
_EVERYTHING = _WILDCARD.format(r"\*")

_REASONS: Mapping[tuple[str, str], str] = {
    ("Bucket", "AwsSolutions-S1"): (
        "The bucket holds artifacts of builds; who reads them, CloudTrail's data events can record. It is "
        "private, takes TLS only, and lets the pipeline, its builds and the deploy roles in."
    ),
    ("((Build|Images|Publish)?Role)", _WILDCARD.format(r"arn:<AWS::Partition>:s3:::<\w+Bucket\w*>/\*")): (
        "CodePipeline chooses the keys of artifacts; the bucket holds this pipeline's alone."
    ),
    (
        "((Build|Images|Publish)Role)",
        _STREAMS,
    ): ("CodeBuild names a log stream by the id of the build; the log group is this project's own."),
    (
        "Role",
        _EXECUTIONS,
    ): "A smoke test's execution is named when it starts; its machine is named.",
    (
        "ImagesRole",
        _EVERYTHING,
    ): "A registry token belongs to no repository; pushing is granted on each.",
    ("Role", _EVERYTHING): "The role has one action on everything, DescribeAlarms, which knows no resources.",
}

_ON_EVERYTHING = {"Role": "cloudwatch:DescribeAlarms", "ImagesRole": "ecr:GetAuthorizationToken"}
"""The one action that a role may do on every resource."""


def delivery_reason(part: str, finding: str, wide: frozenset[str]) -> str | None:
    """Why a pipeline, or its access to an environment, causes a finding on one of its parts; None otherwise.

    Args:
        part: the path below the construct.
        finding: the finding's id.
        wide: the actions that the part's role may do on every resource.
    """
    for (pattern, known), reason in _REASONS.items():
        if re.fullmatch(pattern, part) and re.fullmatch(known, finding):
            return None if known == _EVERYTHING and wide != {_ON_EVERYTHING[pattern]} else reason
    return None
