"""Scaling over its API: registered, followed, scheduled, ended."""

import datetime
import time

import pytest
from botocore.exceptions import ClientError

from tests.local.autoscaling.scaling import Scaling, until
from tests.local.sagemaker.lab import unique
from tests.local.sagemaker.serving import VARIANT, Crowd, Serving, variant

INVOCATIONS = "InvocationsPerInstance"
CONCURRENCY = "ConcurrentRequestsPerModelHighResolution"


@pytest.fixture
def scaling(serving: Serving, endpoint: str) -> Scaling:
    return Scaling(serving, endpoint)


def test_a_target_is_registered_changed_and_deregistered(scaling: Scaling) -> None:
    arn = scaling.register(2, 5)["ScalableTargetARN"]
    assert scaling.register(1, 6)["ScalableTargetARN"] == arn
    (found,) = scaling.targets()
    assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 6)
    assert "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint" in found["RoleARN"]
    scaling.client.deregister_scalable_target(**scaling.named)
    assert scaling.targets() == []
    with pytest.raises(ClientError, match=r"ObjectNotFoundException.*No scalable target registered"):
        scaling.client.deregister_scalable_target(**scaling.named)


def test_registering_brings_the_count_within_the_bounds(scaling: Scaling) -> None:
    scaling.register(4, 6)
    scaling.reaches(4)
    scaling.serving.wait(scaling.endpoint)
    scaling.register(1, 3)
    scaling.reaches(3)


@pytest.mark.parametrize(
    ("endpoint_name", "bounds", "message"),
    [
        ("nowhere", (1, 2), "doesn't exist"),
        (None, (3, 2), "Maximum capacity cannot be less"),
        (None, (0, 2), "at least 1"),
    ],
)
def test_what_cannot_be_registered(
    scaling: Scaling, endpoint_name: str | None, bounds: tuple[int, int], message: str
) -> None:
    wanted = scaling if endpoint_name is None else Scaling(scaling.serving, endpoint_name)
    with pytest.raises(ClientError, match=f"ValidationException.*{message}"):
        wanted.register(*bounds)
    assert wanted.targets() == []


def test_target_tracking_makes_the_two_alarms_that_aws_makes(scaling: Scaling) -> None:
    scaling.register()
    names = scaling.track(INVOCATIONS, 100.0)
    shown = {alarm["AlarmName"]: alarm for alarm in scaling.alarms()}
    high, low = shown[names["High"]], shown[names["Low"]]
    assert (high["Threshold"], high["ComparisonOperator"]) == (100, "GreaterThanThreshold")
    assert (high["EvaluationPeriods"], high["Period"], high["Statistic"]) == (3, 60, "Sum")
    assert (low["Threshold"], low["ComparisonOperator"]) == (90, "LessThanThreshold")
    assert low["EvaluationPeriods"] == 15
    # Another metric, without taking instances away; the same metric a second time is refused.
    assert set(scaling.track(CONCURRENCY, 5.0, "second", DisableScaleIn=True)) == {"High"}
    with pytest.raises(ClientError, match="Only one TargetTrackingScaling policy for a given metric"):
        scaling.track(INVOCATIONS, 5.0, "third")
    described = scaling.client.describe_scaling_policies(**scaling.named)["ScalingPolicies"]
    assert {policy["PolicyName"]: len(policy["Alarms"]) for policy in described} == {"policy": 2, "second": 1}
    # Put again it has new alarms and keeps its ARN; deregistered, all of them go.
    scaling.track(INVOCATIONS, 50.0)
    assert len(scaling.alarms()) == 3
    scaling.client.deregister_scalable_target(**scaling.named)
    assert scaling.alarms() == []


def test_more_requests_bring_more_instances_and_fewer_take_them_away(scaling: Scaling) -> None:
    scaling.register(1, 5)
    names = scaling.track(INVOCATIONS, 10.0, ScaleInCooldown=0, ScaleOutCooldown=0)
    with Crowd(scaling.serving, scaling.endpoint, "hello"):
        # A minute is a second here, and a crowd asks more than fifty times in it.
        scaling.reaches(5)
    (activity, *_) = scaling.client.describe_scaling_activities(**scaling.named)["ScalingActivities"]
    assert activity["Description"] == "Setting desired instance count to 5."
    assert names["High"] in activity["Cause"]
    scaling.serving.wait(scaling.endpoint)

    def quiet() -> bool:
        scaling.ring(names["Low"])
        return scaling.count == 1

    # Without traffic the metric is zero, so the least instances are left.
    until(quiet, "one instance")


def test_requests_under_way_bring_more_instances(scaling: Scaling) -> None:
    scaling.register(1, 3)
    scaling.track(CONCURRENCY, 1.0)
    with Crowd(scaling.serving, scaling.endpoint, "sleep 0.4", callers=8):
        scaling.reaches(3)


def test_after_a_cooldown_only(scaling: Scaling) -> None:
    scaling.register(1, 10)
    names = scaling.track(INVOCATIONS, 10.0, ScaleInCooldown=3600)
    with Crowd(scaling.serving, scaling.endpoint, "hello"):
        until(lambda: scaling.count > 2, "more instances")
    count = scaling.count
    for _ in range(4):
        scaling.ring(names["Low"])
        time.sleep(0.4)
    # Adding them counts too: they are not taken away at once.
    assert scaling.count == count


def test_scheduled_actions_change_the_bounds_at_their_time(scaling: Scaling) -> None:
    scaling.register(1, 10)
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
    scaling.schedule("once", f"at({soon:%Y-%m-%dT%H:%M:%S})", MinCapacity=4, MaxCapacity=4)
    assert scaling.count == 2
    scaling.reaches(4)
    scaling.serving.wait(scaling.endpoint)
    # A minute between two is a second here.
    scaling.schedule("again", "rate(1 minute)", MinCapacity=1, MaxCapacity=3)
    scaling.reaches(3)
    found = scaling.client.describe_scheduled_actions(**scaling.named)["ScheduledActions"]
    assert [action["ScheduledActionName"] for action in found] == ["once", "again"]
    scaling.client.delete_scheduled_action(**scaling.named, ScheduledActionName="again")
    with pytest.raises(ClientError, match="No scheduled action found"):
        scaling.client.delete_scheduled_action(**scaling.named, ScheduledActionName="again")


@pytest.mark.parametrize("schedule", ["cron(0 22 * * * *)", "cron(0 22 * *)", "every day", "rate(0 days)"])
def test_a_schedule_that_is_none_is_refused(scaling: Scaling, schedule: str) -> None:
    scaling.register()
    with pytest.raises(ClientError, match="ValidationException"):
        scaling.schedule("night", schedule, MinCapacity=1)


def test_the_instance_type_of_a_scaled_variant_does_not_change(scaling: Scaling, model: str) -> None:
    serving = scaling.serving
    scaling.register(1, 4)
    larger = serving.config(variant(model, InstanceType="ml.m5.xlarge"))
    renamed = serving.config(variant(model, "Other"))
    for config in (larger, renamed):
        with pytest.raises(ClientError, match=r"ValidationException.*deregister the scalable target"):
            serving.sagemaker.update_endpoint(EndpointName=scaling.endpoint, EndpointConfigName=config)
    # Another model is no other instance type; and deregistered it may have one.
    assert serving.update(scaling.endpoint, serving.config(variant(model)))["EndpointStatus"] == "InService"
    scaling.client.deregister_scalable_target(**scaling.named)
    assert serving.update(scaling.endpoint, larger)["EndpointConfigName"] == larger


def test_an_update_sets_the_count_back_unless_it_retains_it(scaling: Scaling, model: str) -> None:
    serving = scaling.serving
    scaling.register(5, 5)
    scaling.reaches(5)
    serving.wait(scaling.endpoint)
    scaling.register(1, 5)
    serving.update(scaling.endpoint, serving.config(variant(model)), RetainAllVariantProperties=True)
    assert scaling.count == 5
    serving.update(scaling.endpoint, serving.config(variant(model)))
    assert scaling.count == 2


def test_a_deleted_endpoint_takes_its_scaling_along(scaling: Scaling) -> None:
    scaling.register()
    scaling.track(INVOCATIONS, 10.0)
    scaling.serving.delete(scaling.endpoint)
    assert (scaling.targets(), scaling.alarms()) == ([], [])


def test_a_name_is_validated_and_so_is_what_is_absent(scaling: Scaling) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        scaling.client.register_scalable_target(
            **{**scaling.named, "ResourceId": f"endpoint/{unique('x')}/variant"}, MinCapacity=1, MaxCapacity=2
        )
    with pytest.raises(ClientError, match="the embedded AWS scales sagemaker:variant:DesiredInstanceCount"):
        scaling.client.register_scalable_target(
            ServiceNamespace="dynamodb",
            ResourceId="table/t",
            ScalableDimension="dynamodb:table:ReadCapacityUnits",
            MinCapacity=1,
            MaxCapacity=2,
        )
    scaling.register()
    with pytest.raises(ClientError, match="StepScaling: the embedded AWS has policies of the type Target"):
        scaling.client.put_scaling_policy(PolicyName="steps", PolicyType="StepScaling", **scaling.named)
    assert VARIANT in scaling.targets()[0]["ResourceId"]
