"""The API's `DeploymentConfig` of a rollout: how SageMaker shifts traffic, and which alarms roll it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mdlc_constructs.settings.rollback_alarms import MAX_ALARMS
from mdlc_constructs.settings.rollout import (
    MAX_DEPLOYMENT,
    AllAtOnce,
    Canary,
    Deployment,
    Linear,
    Rolling,
)
from mdlc_constructs.tasks.requests import check_unique, present

MIN_TIMEOUT = timedelta(seconds=600)
PROVISIONING = timedelta(hours=2)
"""The time allowed for starting instances, in addition to the waiting time of the rollout."""


def deployment_config(rollout: Deployment, *, alarms: Sequence[str] = ()) -> dict[str, object]:
    """The API's `DeploymentConfig` of a rollout.

    `alarms` are names of CloudWatch alarms, which may be placeholders; any of them in ALARM rolls the
    release back. Raises ValueError for more alarms than SageMaker watches, and for a duplicate name.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeploymentConfig.html
    """
    if len(alarms) > MAX_ALARMS:
        raise ValueError(f"alarms holds {len(alarms)} names; SageMaker watches at most {MAX_ALARMS}.")
    check_unique("alarms", list(alarms))
    policy = "RollingUpdatePolicy" if isinstance(rollout, Rolling) else "BlueGreenUpdatePolicy"
    timeout = min(max(rollout.waiting + PROVISIONING, MIN_TIMEOUT), MAX_DEPLOYMENT)
    update = {**_policy(rollout), "MaximumExecutionTimeoutInSeconds": _seconds(timeout)}
    watched = {"Alarms": [{"AlarmName": name} for name in alarms]} if alarms else None
    return present({policy: update, "AutoRollbackConfiguration": watched})


def _policy(rollout: Deployment) -> dict[str, object]:
    if isinstance(rollout, Rolling):
        return {
            "MaximumBatchSize": _share(rollout.batch_percent),
            "WaitIntervalInSeconds": _seconds(rollout.wait),
        }
    routing: dict[str, object] = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": _seconds(rollout.bake)}
    if isinstance(rollout, Canary):
        size = _share(rollout.percent) if rollout.percent else _count(rollout.instances)
        routing = {**routing, "Type": "CANARY", "CanarySize": size}
    if isinstance(rollout, Linear):
        routing = {**routing, "Type": "LINEAR", "LinearStepSize": _share(rollout.step_percent)}
    # After AllAtOnce no traffic is left to shift, so the old fleet is kept for the baking period.
    kept = {"TerminationWaitInSeconds": _seconds(rollout.bake)} if isinstance(rollout, AllAtOnce) else {}
    return {"TrafficRoutingConfiguration": routing, **kept}


def _share(percent: int | None) -> dict[str, object]:
    return {"Type": "CAPACITY_PERCENT", "Value": percent}


def _count(instances: int | None) -> dict[str, object]:
    return {"Type": "INSTANCE_COUNT", "Value": instances}


def _seconds(wait: timedelta) -> int:
    return int(wait.total_seconds())
