"""Trust policies of roles that AWS services assume, restricted to the account where the service supports it.

A service that acts for many accounts can be asked by one of them to use another's role (the confused deputy
problem). The condition `aws:SourceAccount` in the trust policy prevents that, but only a service that sends
this key can then assume the role. Where AWS does not document that a service sends it, the condition would
refuse the account's own resources too. `aws:SourceArn` is not used: some services send another ARN than that
of the resource that has the role, and within the account `iam:PassRole` decides who may use a role. See
`docs/decisions/0020-roles-for-one-account.md`.
"""

from typing import Any

DOCUMENTED = {
    "codebuild.amazonaws.com": (
        "https://docs.aws.amazon.com/codebuild/latest/userguide/cross-service-confused-deputy-prevention.html"
    ),
    "codepipeline.amazonaws.com": (
        "https://docs.aws.amazon.com/codepipeline/latest/userguide/cross-service-confused-deputy-prevention.html"
    ),
    "events.amazonaws.com": (
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html"
    ),
    "lambda.amazonaws.com": "https://docs.aws.amazon.com/lambda/latest/dg/permissions-managed-policies.html",
    "sagemaker.amazonaws.com": (
        "https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html"
    ),
    "scheduler.amazonaws.com": (
        "https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html"
    ),
    "states.amazonaws.com": (
        "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html"
    ),
}
"""Services that send `aws:SourceAccount` when they assume a role, and where AWS documents it."""

UNDOCUMENTED = {
    "apigateway.amazonaws.com": (
        "AWS documents no source keys for the roles that API Gateway assumes. An API names a role only when "
        "its creator may pass it (iam:PassRole), which no other account can."
    ),
}
"""Services whose roles have no condition on the source account, and why."""


def trust_policy(service: str, account: str) -> dict[str, Any]:
    """The trust policy of a role that one service assumes.

    Args:
        service: the service principal, such as `sagemaker.amazonaws.com`.
        account: the account for whose resources the service may assume the role.

    Raises:
        ValueError: when the service is neither in `DOCUMENTED` nor in `UNDOCUMENTED`.
    """
    if service not in DOCUMENTED and service not in UNDOCUMENTED:
        raise ValueError(
            f"service={service!r} is neither in DOCUMENTED nor in UNDOCUMENTED: look up whether it sends "
            f"aws:SourceAccount when it assumes a role, and add it with the source."
        )
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if service in DOCUMENTED:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return {"Version": "2012-10-17", "Statement": [statement]}
