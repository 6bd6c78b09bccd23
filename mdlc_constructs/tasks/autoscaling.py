"""Automatic scaling of an endpoint's instances, by Application Auto Scaling.

Only an endpoint that is in service can be registered. While it is, its instance type cannot change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.permissions import arn, endpoint_arn
from mdlc_constructs.tasks.requests import is_expression, present

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_LINKED_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
_LINKED_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"

PREDEFINED_METRICS = {
    "invocations": "SageMakerVariantInvocationsPerInstance",
    "concurrency": "SageMakerVariantConcurrentRequestsPerModelHighResolution",
}
"""Metrics for target tracking: requests per minute and instance, or concurrent requests every ten seconds."""


def register_scalable_target(
    name: str,
    *,
    endpoint_name: str,
    variant: str,
    minimum: int | str,
    maximum: int | str,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that registers a variant for scaling; for a registered variant it changes the bounds.

    The role may create Application Auto Scaling's service-linked role, which then does the scaling.

    Raises:
        ValueError: when `minimum` is larger than `maximum`, or negative.
    """
    if isinstance(minimum, int) and isinstance(maximum, int) and not 0 <= minimum <= maximum:
        raise ValueError(f"minimum={minimum} must be between 0 and maximum={maximum}.")
    request = {**_target(endpoint_name, variant), "MinCapacity": minimum, "MaxCapacity": maximum}
    linked = f"arn:${{Partition}}:iam::${{Account}}:role/aws-service-role/{_LINKED_SERVICE}/{_LINKED_ROLE}"
    return _call(
        name,
        "registerScalableTarget",
        request,
        state,
        Statement(
            actions=("sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"),
            resources=(endpoint_arn(endpoint_name),),
        ),
        # The name of the endpoint's current configuration is not known here.
        Statement(
            actions=("sagemaker:DescribeEndpointConfig",),
            resources=(arn("sagemaker", "endpoint-config/*"),),
        ),
        Statement(
            actions=("iam:CreateServiceLinkedRole",),
            resources=(linked,),
            conditions={"StringEquals": {"iam:AWSServiceName": _LINKED_SERVICE}},
        ),
    )


def deregister_scalable_target(
    name: str, *, endpoint_name: str, variant: str, **state: Unpack[StateOptions]
) -> Task:
    """A task that deregisters a variant, which deletes its policies and scheduled actions.

    A change of the instance type needs that. It fails with `ApplicationAutoScaling.ObjectNotFoundException`
    when the variant is not registered.
    """
    return _call(
        name,
        "deregisterScalableTarget",
        _target(endpoint_name, variant),
        state,
        _alarms(endpoint_name, "cloudwatch:DeleteAlarms"),
    )


def put_scaling_policy(
    name: str,
    *,
    policy_name: str,
    endpoint_name: str,
    variant: str,
    target: float,
    metric: str | Mapping[str, object],
    scale_in_cooldown_seconds: int | None = None,
    scale_out_cooldown_seconds: int | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that creates or replaces a target tracking policy.

    `metric` is a key of `PREDEFINED_METRICS`, or the API's `CustomizedMetricSpecification`. Raises ValueError
    for another name.
    """
    tracked: dict[str, object] = {
        "TargetValue": target,
        "ScaleInCooldown": scale_in_cooldown_seconds,
        "ScaleOutCooldown": scale_out_cooldown_seconds,
    }
    if isinstance(metric, str):
        if metric not in PREDEFINED_METRICS:
            raise ValueError(
                f"metric={metric!r} must be one of {', '.join(PREDEFINED_METRICS)}, or a mapping."
            )
        tracked["PredefinedMetricSpecification"] = {"PredefinedMetricType": PREDEFINED_METRICS[metric]}
    else:
        tracked["CustomizedMetricSpecification"] = metric
    request = {
        "PolicyName": policy_name,
        **_target(endpoint_name, variant),
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": present(tracked),
    }
    alarms = ("cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms")
    return _call(name, "putScalingPolicy", request, state, _alarms(endpoint_name, *alarms))


def put_scheduled_action(
    name: str,
    *,
    action_name: str,
    endpoint_name: str,
    variant: str,
    schedule: str,
    minimum: int | None = None,
    maximum: int | None = None,
    timezone: str = "UTC",
    **state: Unpack[StateOptions],
) -> Task:
    """A task that creates or replaces a scheduled action, which changes the bounds on a schedule.

    Raises ValueError when both `minimum` and `maximum` are None.
    """
    bounds = present({"MinCapacity": minimum, "MaxCapacity": maximum})
    if not bounds:
        raise ValueError("minimum=None changes nothing without maximum; give at least one of the two.")
    request = {
        "ScheduledActionName": action_name,
        **_target(endpoint_name, variant),
        "Schedule": schedule,
        "Timezone": timezone,
        "ScalableTargetAction": bounds,
    }
    return _call(name, "putScheduledAction", request, state)


def _target(endpoint_name: str, variant: str) -> dict[str, object]:
    for argument, value in (("endpoint_name", endpoint_name), ("variant", variant)):
        if is_expression(value):
            raise ValueError(
                f"{argument}={value!r} is known only at run time; pass the name or a ${{Placeholder}}, "
                "because it is part of the resource's id."
            )
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": f"endpoint/{endpoint_name}/variant/{variant}",
        "ScalableDimension": DIMENSION,
    }


def _alarms(endpoint_name: str, *actions: str) -> Statement:
    """The permission on target tracking's own alarms: they are managed with the caller's permissions."""
    pattern = f"alarm:TargetTracking-endpoint/{endpoint_name}/*"
    return Statement(actions=actions, resources=(arn("cloudwatch", pattern),))


def _call(
    name: str, action: str, request: Mapping[str, object], state: StateOptions, *more: Statement
) -> Task:
    return integration(
        name,
        service="aws-sdk:applicationautoscaling",
        action=action,
        arguments=request,
        statements=(
            Statement(
                actions=(f"application-autoscaling:{action[:1].upper()}{action[1:]}",),
                # A target's ARN holds an id that AWS generates; the conditions restrict which targets.
                resources=(arn("application-autoscaling", "scalable-target/*"),),
                conditions={
                    "StringEquals": {
                        "application-autoscaling:service-namespace": NAMESPACE,
                        "application-autoscaling:scalable-dimension": DIMENSION,
                    }
                },
            ),
            *more,
        ),
        **state,
    )
