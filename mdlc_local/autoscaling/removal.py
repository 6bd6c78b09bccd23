"""What ends with a policy, a target or an endpoint, and the updates that a target stands against."""

from typing import Any

from mdlc_local import clients
from mdlc_local.autoscaling import store
from mdlc_local.autoscaling.store import Policy, Target
from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.faults import invalid
from mdlc_local.sagemaker.records import ENDPOINT, Scope


def remove_policy(target: Target, policy: Policy) -> None:
    """End a policy with its alarms."""
    with store.lock:
        target.policies.pop(policy.request["PolicyName"], None)
    cloudwatch = clients.client(
        "cloudwatch", role_arn=None, region=target.scope.region, session="autoscaling"
    )
    cloudwatch.delete_alarms(AlarmNames=policy.alarms)


def forget(target: Target) -> None:
    """End a target with its policies and schedules."""
    store.remove(target)
    for policy in list(target.policies.values()):
        remove_policy(target, policy)


def forget_endpoint(endpoint: str, scope: Scope) -> None:
    """End the targets of an endpoint that is deleted, as AWS does."""
    for target in store.of_endpoint(scope, endpoint):
        forget(target)


def check_update(endpoint: str, old: dict[str, Any], new: dict[str, Any], scope: Scope) -> None:
    """Refuse an update that takes a scaled variant away or gives it another instance type.

    AWS documents that such an update fails; the words are ours.

    Args:
        endpoint: the endpoint's name.
        old: the present endpoint configuration.
        new: the one it is to get.
        scope: account and region.

    Raises:
        SageMakerApiError: ValidationException.
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
