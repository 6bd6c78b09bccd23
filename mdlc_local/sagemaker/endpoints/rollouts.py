"""How an update shifts traffic: the steps of a DeploymentConfig and SageMaker's checks of it."""

from dataclasses import dataclass
from typing import Any

from mdlc_local.errors import invalid
from mdlc_local.sagemaker.endpoints.traffic import WHOLE

MAX_SHARE = 50.0
"""The largest canary, linear step and rolling batch, in percent of the instances."""

SMALLEST_LINEAR_STEP = 10.0
"""The smallest linear step, in percent of the instances."""

SMALLEST_BATCH = 5.0
"""The smallest rolling batch, in percent of the instances."""

DEFAULT_TIMEOUT_SECONDS = 28_800
"""The default of MaximumExecutionTimeoutInSeconds, which is also its maximum."""


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """The steps of an update.

    Attributes:
        shares: the new fleet's share of the traffic after each step, in percent; the last one is 100.
        wait_seconds: the baking time of each step but the last; in a rolling update also of the last.
        termination_wait_seconds: how long the old fleet is kept after the last step.
        timeout_seconds: the timeout of the whole update.
        alarms: names of the alarms that roll it back.
    """

    shares: tuple[float, ...] = (WHOLE,)
    wait_seconds: float = 0
    termination_wait_seconds: float = 0
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    alarms: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: dict[str, Any] | None, instances: int) -> "Rollout":
        """The steps of a DeploymentConfig; without one, all traffic is shifted at once.

        Args:
            config: the DeploymentConfig, or None.
            instances: the number of instances of the new fleet.

        Raises:
            ApiError: ValidationException for an invalid DeploymentConfig.
        """
        config = config or {}
        alarms = tuple(
            alarm["AlarmName"] for alarm in config.get("AutoRollbackConfiguration", {}).get("Alarms", [])
        )
        if "BlueGreenUpdatePolicy" in config and "RollingUpdatePolicy" in config:
            raise invalid("Specify either BlueGreenUpdatePolicy or RollingUpdatePolicy, not both.")
        if "RollingUpdatePolicy" in config:
            return cls._rolling(config["RollingUpdatePolicy"], instances, alarms)
        return cls._blue_green(config.get("BlueGreenUpdatePolicy", {}), instances, alarms)

    @classmethod
    def _rolling(cls, policy: dict[str, Any], instances: int, alarms: tuple[str, ...]) -> "Rollout":
        batch = _percent(policy["MaximumBatchSize"], "MaximumBatchSize", instances, SMALLEST_BATCH)
        if "RollbackMaximumBatchSize" in policy:
            _percent(
                policy["RollbackMaximumBatchSize"],
                "RollbackMaximumBatchSize",
                instances,
                SMALLEST_BATCH,
                WHOLE,
            )
        return cls(
            shares=_steps(batch),
            wait_seconds=policy["WaitIntervalInSeconds"],
            termination_wait_seconds=policy["WaitIntervalInSeconds"],
            timeout_seconds=policy.get("MaximumExecutionTimeoutInSeconds", DEFAULT_TIMEOUT_SECONDS),
            alarms=alarms,
        )._checked()

    @classmethod
    def _blue_green(cls, policy: dict[str, Any], instances: int, alarms: tuple[str, ...]) -> "Rollout":
        routing = policy.get(
            "TrafficRoutingConfiguration", {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
        )
        kind = routing["Type"]
        for field, of in (("CanarySize", "CANARY"), ("LinearStepSize", "LINEAR")):
            if (field in routing) != (kind == of):
                raise invalid(f"{field} must be given for traffic routing type {of}, and for no other.")
        shares: tuple[float, ...] = (WHOLE,)
        if kind == "CANARY":
            shares = (_percent(routing["CanarySize"], "CanarySize", instances, 0), WHOLE)
        elif kind == "LINEAR":
            shares = _steps(
                _percent(routing["LinearStepSize"], "LinearStepSize", instances, SMALLEST_LINEAR_STEP)
            )
        return cls(
            shares=shares,
            wait_seconds=routing["WaitIntervalInSeconds"],
            termination_wait_seconds=policy.get("TerminationWaitInSeconds", 0),
            timeout_seconds=policy.get("MaximumExecutionTimeoutInSeconds", DEFAULT_TIMEOUT_SECONDS),
            alarms=alarms,
        )._checked()

    def _checked(self) -> "Rollout":
        waiting = self.wait_seconds * (len(self.shares) - 1) + self.termination_wait_seconds
        if waiting >= self.timeout_seconds:
            raise invalid(
                f"MaximumExecutionTimeoutInSeconds {self.timeout_seconds} must be larger than the total "
                f"waiting time of the deployment, {waiting} seconds."
            )
        return self


def _percent(
    size: dict[str, Any], field: str, instances: int, least: float, most: float = MAX_SHARE
) -> float:
    value = float(size["Value"])
    percent = value if size["Type"] == "CAPACITY_PERCENT" else value / max(instances, 1) * WHOLE
    # A batch of one instance is always allowed, because no smaller one is possible.
    is_one_instance = size["Type"] == "INSTANCE_COUNT" and value == 1
    if percent > WHOLE or (not is_one_instance and not least <= percent <= most):
        raise invalid(
            f"{field} must be from {least:g} to {most:g} percent of the variant's {instances} instances, "
            f"not {percent:g} percent."
        )
    return percent


def _steps(size: float) -> tuple[float, ...]:
    shares, share = [], size
    while share < WHOLE:
        shares.append(share)
        share += size
    return (*shares, WHOLE)
