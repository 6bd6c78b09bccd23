"""Checks the permissions that SageMaker itself needs from a job's role before the container runs.

Nothing here makes those calls, but the permissions are evaluated, so that a role that lacks one fails on this
machine and not only on AWS. Source: "How to use SageMaker AI execution roles" in the AWS documentation, the
permissions listed for CreateTrainingJob, CreateProcessingJob and CreateModel. It is not certain that images
of AWS's own registries need the ECR permissions, so repositories of the job's own account are checked, and
those that another account has here, whose policies must allow the pull too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mdlc_local import iam, patches
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.job import SESSION, Job

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<name>[^:@]+)"
)
_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage")
_DESCRIBE = tuple(
    f"ec2:Describe{what}"
    for what in ("NetworkInterfaces", "Vpcs", "DhcpOptions", "Subnets", "SecurityGroups")
)
_INTERFACE = (
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
)


@dataclass(frozen=True)
class Need:
    """One permission that a job's role needs.

    Attributes:
        action: the IAM action, for example ``ecr:BatchGetImage``.
        resource: an ARN or ``*``.
        context: condition keys and their values.
    """

    action: str
    resource: str
    context: dict[str, Any] = field(default_factory=dict)


def check(
    job: Job, *, image: str | None = None, volume_key: str | None = None, vpc: dict[str, Any] | None = None
) -> None:
    """Fail the job when its role lacks a permission that SageMaker needs.

    Args:
        job: the job.
        image: the image's URI; repositories of accounts that are here need permissions.
        volume_key: the ARN or id of the key of the job's volume.
        vpc: the request's VpcConfig.

    Raises:
        JobFailedError: with IAM's message on the first missing permission.
    """
    needs = [
        *pulling(image or "", _owner(image or "", job.scope.account)),
        *encrypting(volume_key, job.scope.region, job.scope.account),
        *attaching(vpc or {}, job.scope.region, job.scope.account),
    ]
    for need in needs:
        reason = iam.denial(
            job.role_arn,
            need.action,
            need.resource,
            region=job.scope.region,
            context=need.context,
            session=SESSION,
        )
        if reason is not None:
            raise JobFailedError(f"ClientError: {reason}")


def pulling(image: str, account: str) -> Iterator[Need]:
    """The permissions to pull an image from a repository of `account`."""
    match = _ECR.match(image)
    if match is None or match["account"] != account:
        return
    repository = f"arn:aws:ecr:{match['region']}:{match['account']}:repository/{match['name']}"
    yield Need("ecr:GetAuthorizationToken", "*")
    for action in _PULL:
        yield Need(action, repository)


def _owner(image: str, account: str) -> str:
    """The account of an image whose repository is here; else `account`."""
    match = _ECR.match(image)
    if match is None:
        return account
    repositories = patches.take("ministack.services.ecr", "_repositories")
    here = repositories.get_scoped(match["account"], match["region"], match["name"]) is not None
    return match["account"] if here else account


def encrypting(key: str | None, region: str, account: str) -> Iterator[Need]:
    """The permissions for a volume that is encrypted with a customer managed key."""
    if key:
        arn = key if key.startswith("arn:") else f"arn:aws:kms:{region}:{account}:key/{key}"
        yield Need("kms:CreateGrant", arn, {"kms:GrantIsForAWSResource": "true"})


def attaching(vpc: dict[str, Any], region: str, account: str) -> Iterator[Need]:
    """The permissions for network interfaces in the user's subnets."""
    if not vpc:
        return
    prefix = f"arn:aws:ec2:{region}:{account}"
    for action in _DESCRIBE:
        yield Need(action, "*")
    interface = f"{prefix}:network-interface/*"
    yield Need("ec2:CreateNetworkInterface", interface)
    for subnet in vpc.get("Subnets", []):
        yield Need("ec2:CreateNetworkInterface", f"{prefix}:subnet/{subnet}")
    for group in vpc.get("SecurityGroupIds", []):
        yield Need("ec2:CreateNetworkInterface", f"{prefix}:security-group/{group}")
    for action in _INTERFACE:
        yield Need(action, interface)
