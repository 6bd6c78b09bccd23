from collections.abc import Callable
from typing import Any

import pytest

from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.autoscaling import (
    deregister_scalable_target,
    put_scaling_policy,
    put_scheduled_action,
    register_scalable_target,
)

ON: dict[str, Any] = {"endpoint_name": "churn", "variant": "main"}


def policy(**options: Any) -> Task:
    defaults: dict[str, Any] = {**ON, "policy_name": "p", "target": 5.0, "metric": "concurrency"}
    return put_scaling_policy("Policy", **{**defaults, **options})


TASKS = (
    register_scalable_target("Register", **ON, minimum=1, maximum=4),
    deregister_scalable_target("Deregister", **ON),
    policy(),
    put_scheduled_action("Night", **ON, action_name="night", schedule="cron(0 22 * * ? *)", minimum=1),
)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_each_call_is_of_one_variant_and_allowed_for_variants_only(task: Task) -> None:
    assert problems(task.resource, task.arguments) == ()
    check(Machine((task,)), traced=False)
    asked: Any = task.arguments
    assert asked["ResourceId"] == "endpoint/churn/variant/main"
    assert task.statements[0].conditions == {
        "StringEquals": {
            "application-autoscaling:service-namespace": "sagemaker",
            "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
        }
    }
    assert all(error.startswith("ApplicationAutoScaling.") for error in task.retry[0].errors)


def test_a_misspelt_member_is_found() -> None:
    asked: Any = TASKS[0].arguments
    found = problems(TASKS[0].resource, {**asked, "MinCapasity": 1})
    assert "did you mean 'MinCapacity'" in found[0]


def test_only_the_one_service_linked_role_may_be_made() -> None:
    made = [s for s in TASKS[0].statements if s.actions == ("iam:CreateServiceLinkedRole",)]
    assert made[0].resources[0].endswith("/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint")
    assert made[0].conditions == {
        "StringEquals": {"iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"}
    }


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("invocations", "SageMakerVariantInvocationsPerInstance"),
        ("concurrency", "SageMakerVariantConcurrentRequestsPerModelHighResolution"),
    ],
)
def test_a_target_is_tracked_on_sagemakers_own_metrics(metric: str, expected: str) -> None:
    asked: Any = policy(metric=metric, scale_in_cooldown_seconds=300).arguments
    assert asked["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 5.0,
        "ScaleInCooldown": 300,
        "PredefinedMetricSpecification": {"PredefinedMetricType": expected},
    }


def test_or_on_any_other_metric() -> None:
    custom = {"MetricName": "ApproximateBacklogSizePerInstance", "Namespace": "AWS/SageMaker"}
    task = policy(metric=custom)
    assert problems(task.resource, task.arguments) == ()
    asked: Any = task.arguments
    assert asked["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"] == custom


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: policy(metric="latency"), "metric='latency' must be one of invocations, concurrency"),
        (lambda: register_scalable_target("R", **ON, minimum=3, maximum=2), "minimum=3 must be between 0"),
        (lambda: put_scheduled_action("S", **ON, action_name="a", schedule="at(x)"), "changes nothing"),
        (
            lambda: deregister_scalable_target("D", endpoint_name="{% $e %}", variant="main"),
            "endpoint_name='{% .e %}' is known only at run time",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(made: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()
