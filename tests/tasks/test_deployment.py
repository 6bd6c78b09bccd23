from datetime import timedelta

import pytest

from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.settings.rollout import AllAtOnce, Canary, Deployment, Linear, Rolling
from mdlc_constructs.tasks.deployment import deployment_config

MINUTE = timedelta(minutes=1)


def share(percent: int) -> dict[str, object]:
    return {"Type": "CAPACITY_PERCENT", "Value": percent}


@pytest.mark.parametrize(
    ("rollout", "policy", "expected"),
    [
        (
            AllAtOnce(bake=MINUTE),
            "BlueGreenUpdatePolicy",
            {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 60},
                "TerminationWaitInSeconds": 60,
                "MaximumExecutionTimeoutInSeconds": 7260,
            },
        ),
        (
            Canary(percent=10, bake=MINUTE),
            "BlueGreenUpdatePolicy",
            {
                "TrafficRoutingConfiguration": {
                    "Type": "CANARY",
                    "WaitIntervalInSeconds": 60,
                    "CanarySize": share(10),
                },
                "MaximumExecutionTimeoutInSeconds": 7260,
            },
        ),
        (
            Linear(step_percent=25, bake=MINUTE),
            "BlueGreenUpdatePolicy",
            {
                "TrafficRoutingConfiguration": {
                    "Type": "LINEAR",
                    "WaitIntervalInSeconds": 60,
                    "LinearStepSize": share(25),
                },
                "MaximumExecutionTimeoutInSeconds": 7440,
            },
        ),
        (
            Rolling(batch_percent=50, wait=timedelta(hours=1)),
            "RollingUpdatePolicy",
            {
                "MaximumBatchSize": share(50),
                "WaitIntervalInSeconds": 3600,
                "MaximumExecutionTimeoutInSeconds": 14400,
            },
        ),
    ],
)
def test_each_rollout_has_its_policy(rollout: Deployment, policy: str, expected: dict[str, object]) -> None:
    config = deployment_config(rollout, alarms=("${QualityAlarm}",))
    assert config == {
        policy: expected,
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "${QualityAlarm}"}]},
    }
    request = {"EndpointName": "e", "EndpointConfigName": "c", "DeploymentConfig": config}
    assert problems("arn:aws:states:::sagemaker:updateEndpoint", request) == ()


def test_a_canary_may_be_counted_in_instances() -> None:
    config = deployment_config(Canary(instances=2))
    assert "'CanarySize': {'Type': 'INSTANCE_COUNT', 'Value': 2}" in str(config)
    assert "AutoRollbackConfiguration" not in config


def test_a_deployment_ends_in_time_whatever_it_waits() -> None:
    config = deployment_config(Linear(step_percent=15, bake=timedelta(hours=1)))
    assert "'MaximumExecutionTimeoutInSeconds': 28800" in str(config)


def test_what_sagemaker_does_not_watch_is_refused() -> None:
    with pytest.raises(ValueError, match="alarms holds 11 names; SageMaker watches at most 10"):
        deployment_config(AllAtOnce(), alarms=[f"a{number}" for number in range(11)])
    with pytest.raises(ValueError, match="alarms holds the name 'a' twice"):
        deployment_config(AllAtOnce(), alarms=["a", "a"])
