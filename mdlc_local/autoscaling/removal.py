"""Removes policies and targets with their dependents, and checks endpoint updates against targets."""

from typing import Any

from mdlc_local import clients
from mdlc_local.autoscaling import store
from mdlc_local.autoscaling.store import Policy, Target
from mdlc_local.errors import invalid
from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.records import ENDPOINT
from mdlc_local.scopes import Scope


def remove_policy(target: Target, policy: Policy) -> None:
    """Remove a policy and its alarms."""
    with store.lock:
        target.policies.pop(policy.request["PolicyName"], None)
    cloudwatch = clients.client(
        "cloudwatch", role_arn=None, region=target.scope.region, session="autoscaling"
    )
    cloudwatch.delete_alarms(AlarmNames=policy.alarms)


def forget(target: Target) -> None:
    """Remove a target with its policies and scheduled actions."""
    store.remove(target)
    for policy in list(target.policies.values()):
        remove_policy(target, policy)


def forget_endpoint(endpoint: str, scope: Scope) -> None:
    """Remove the targets of an endpoint that is deleted, as AWS does."""
    for target in store.of_endpoint(scope, endpoint):
        forget(target)


def check_update(endpoint: str, old: dict[str, Any], new: dict[str, Any], scope: Scope) -> None:
    """Check that an update neither removes a scaled variant nor changes its instance type.

    AWS documents that such an update fails, but not with which message.

    Args:
        endpoint: the endpoint's name.
        old: the current endpoint configuration.
        new: the new endpoint configuration.
        scope: account and region.

    Raises:
        ApiError: ValidationException when it does.
    """
    before, after = (
        {variant["VariantName"]: variant.get("InstanceType") for variant in config["ProductionVariants"]}
        for config in (old, new)
    )
    for target in store.of_endpoint(scope, endpoint):
        if target.variant not in after or after[target.variant] != before.get(target.variant):
            raise invalid(
                f"The variant {target.variant} of {records.arn(ENDPOINT, endpoint, scope)} is registered "
                "with Application Auto Scaling: deregister the scalable target before the variant is "
                "removed or gets another instance type."
            )
