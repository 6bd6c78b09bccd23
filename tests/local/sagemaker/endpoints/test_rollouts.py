from typing import Any

import pytest

from mdlc_local.errors import ApiError
from mdlc_local.sagemaker.endpoints.rollouts import DEFAULT_TIMEOUT_SECONDS, Rollout


def size(value: int, kind: str = "CAPACITY_PERCENT") -> dict[str, Any]:
    return {"Type": kind, "Value": value}


def blue_green(kind: str, wait: int = 60, **more: Any) -> dict[str, Any]:
    policy = {
        key: more.pop(key)
        for key in ("TerminationWaitInSeconds", "MaximumExecutionTimeoutInSeconds")
        if key in more
    }
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **more}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **policy}}


def rolling(**policy: Any) -> dict[str, Any]:
    return {"RollingUpdatePolicy": {"WaitIntervalInSeconds": 30, **policy}}


@pytest.mark.parametrize(
    ("config", "instances", "shares"),
    [
        (None, 2, (100,)),
        ({}, 2, (100,)),
        (blue_green("ALL_AT_ONCE"), 2, (100,)),
        (blue_green("CANARY", CanarySize=size(10)), 2, (10, 100)),
        (blue_green("CANARY", CanarySize=size(1, "INSTANCE_COUNT")), 4, (25, 100)),
        (blue_green("LINEAR", LinearStepSize=size(30)), 2, (30, 60, 90, 100)),
        (blue_green("LINEAR", LinearStepSize=size(50)), 2, (50, 100)),
        (rolling(MaximumBatchSize=size(50)), 2, (50, 100)),
        (rolling(MaximumBatchSize=size(1, "INSTANCE_COUNT")), 1, (100,)),
    ],
)
def test_steps(config: dict[str, Any] | None, instances: int, shares: tuple[float, ...]) -> None:
    assert Rollout.of(config, instances).shares == shares


def test_waiting_and_alarms() -> None:
    config = blue_green("CANARY", 120, CanarySize=size(10), TerminationWaitInSeconds=30)
    config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": "a"}, {"AlarmName": "b"}]}
    made = Rollout.of(config, 1)
    assert (made.wait_seconds, made.termination_wait_seconds, made.alarms) == (120, 30, ("a", "b"))
    assert made.timeout_seconds == DEFAULT_TIMEOUT_SECONDS
    made = Rollout.of(rolling(MaximumBatchSize=size(50)), 2)
    assert (made.wait_seconds, made.termination_wait_seconds) == (30, 30)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (blue_green("CANARY"), "CanarySize must be given for traffic routing type CANARY"),
        (blue_green("LINEAR", CanarySize=size(10)), "CanarySize must be given"),
        (blue_green("ALL_AT_ONCE", LinearStepSize=size(10)), "LinearStepSize must be given"),
        (
            blue_green("CANARY", CanarySize=size(51)),
            "from 0 to 50 percent of the variant's 10 instances, not 51",
        ),
        (blue_green("LINEAR", LinearStepSize=size(9)), "from 10 to 50 percent"),
        (rolling(MaximumBatchSize=size(4)), "from 5 to 50 percent"),
        (rolling(MaximumBatchSize=size(6, "INSTANCE_COUNT")), "not 60 percent"),
        (rolling(MaximumBatchSize=size(5), RollbackMaximumBatchSize=size(101)), "RollbackMaximumBatchSize"),
        ({**rolling(MaximumBatchSize=size(5)), **blue_green("ALL_AT_ONCE")}, "not both"),
        (
            blue_green("LINEAR", 200, LinearStepSize=size(25), MaximumExecutionTimeoutInSeconds=600),
            "must be larger than the total waiting time of the deployment, 600",
        ),
    ],
)
def test_what_is_refused(config: dict[str, Any], told: str) -> None:
    with pytest.raises(ApiError, match=told) as refused:
        Rollout.of(config, 10)
    assert refused.value.code == "ValidationException"
