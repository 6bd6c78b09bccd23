"""Requests to Application Auto Scaling about one endpoint."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.local.sagemaker.serving import VARIANT, Serving

WAIT_SECONDS = 30


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen within {WAIT_SECONDS} s"
        time.sleep(0.05)


@dataclass(frozen=True)
class Scaling:
    """One variant's scaling."""

    serving: Serving
    endpoint: str
    credentials: dict[str, str] | None = None

    @property
    def client(self) -> Any:
        return self.serving.server.client("application-autoscaling", credentials=self.credentials)

    @property
    def named(self) -> dict[str, str]:
        return {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{self.endpoint}/variant/{VARIANT}",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }

    def register(self, minimum: int = 1, maximum: int = 10) -> Any:
        return self.client.register_scalable_target(**self.named, MinCapacity=minimum, MaxCapacity=maximum)

    def track(self, metric: str, value: float, name: str = "policy", **more: Any) -> dict[str, str]:
        """Track a predefined metric; the alarms' names by `High` and `Low`."""
        answer = self.client.put_scaling_policy(
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            **self.named,
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": value,
                "PredefinedMetricSpecification": {"PredefinedMetricType": f"SageMakerVariant{metric}"},
                **more,
            },
        )
        names = [alarm["AlarmName"] for alarm in answer["Alarms"]]
        return {kind: name for name in names for kind in ("High", "Low") if f"-Alarm{kind}-" in name}

    def schedule(self, name: str, schedule: str, **bounds: int) -> None:
        self.client.put_scheduled_action(
            **self.named, ScheduledActionName=name, Schedule=schedule, ScalableTargetAction=bounds
        )

    def alarms(self) -> list[dict[str, Any]]:
        prefix = f"TargetTracking-{self.named['ResourceId']}"
        found: list[dict[str, Any]] = self.serving.server.client("cloudwatch").describe_alarms(
            AlarmNamePrefix=prefix
        )["MetricAlarms"]
        return found

    def ring(self, alarm: str) -> None:
        """Set an alarm off for a period."""
        self.serving.server.client("cloudwatch").set_alarm_state(
            AlarmName=alarm, StateValue="ALARM", StateReason="a test"
        )

    @property
    def count(self) -> int:
        (shown,) = self.serving.describe(self.endpoint)["ProductionVariants"]
        assert shown["CurrentInstanceCount"] == shown["DesiredInstanceCount"]
        return int(shown["CurrentInstanceCount"])

    def reaches(self, count: int) -> None:
        until(lambda: self.count == count, f"{count} instances")

    def targets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[self.named["ResourceId"]]
        )["ScalableTargets"]
        return found
