"""PutScalingPolicy, DeleteScalingPolicy, DescribeScalingPolicies: target tracking with its two alarms.

The alarms are those that AWS creates: above the target for three periods, and below 90 % of it for fifteen
minutes. That the alarm on concurrency uses the maximum over ten seconds is an assumption, not documented.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from mdlc_local import clients, clock
from mdlc_local.autoscaling import removal, store, targets
from mdlc_local.autoscaling.store import Policy, Target
from mdlc_local.errors import ApiError, invalid
from mdlc_local.scopes import Scope

TRACKING = "TargetTrackingScaling"
DEFAULT_COOLDOWN_SECONDS = 300

HIGH_PERIODS, LOW_SECONDS = 3, 900
LOW_SHARE = 0.9
"""The share of the target value below which instances are removed."""


@dataclass(frozen=True)
class _Predefined:
    metric: str
    statistic: str
    period_seconds: int


_PREDEFINED = {
    "SageMakerVariantInvocationsPerInstance": _Predefined("InvocationsPerInstance", "Sum", 60),
    "SageMakerVariantConcurrentRequestsPerModelHighResolution": _Predefined(
        "ConcurrentRequestsPerModel", "Maximum", 10
    ),
}


def put(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """PutScalingPolicy; a policy of that name is replaced.

    Raises:
        ApiError: ObjectNotFoundException without a scalable target, ValidationException for a policy
            or metric that is not supported here.
    """
    target = targets.existing(request, scope)
    kind, name = request.get("PolicyType", "StepScaling"), request["PolicyName"]
    if kind != TRACKING:
        raise invalid(f"{kind}: the embedded AWS has policies of the type {TRACKING} alone.")
    tracked = request.get("TargetTrackingScalingPolicyConfiguration")
    if not tracked:
        raise invalid("TargetTrackingScalingPolicyConfiguration must be specified.")
    metric = described(tracked, target)
    for other in target.policies.values():
        if other.request["PolicyName"] != name and described(other.tracked, target) == metric:
            raise invalid(
                "Only one TargetTrackingScaling policy for a given metric specification is allowed."
            )
    old = target.policies.get(name)
    arn = old.arn if old else _arn(target, name)
    if old is not None:
        removal.remove_policy(target, old)
    prefix = f"TargetTracking-{target.resource_id}"
    policy = Policy(
        arn=arn,
        request=request,
        high=f"{prefix}-AlarmHigh-{uuid.uuid4()}",
        low=None if tracked.get("DisableScaleIn") else f"{prefix}-AlarmLow-{uuid.uuid4()}",
        created=old.created if old else clock.now(),
    )
    _put_alarm(target, policy, policy.high, metric, tracked["TargetValue"], "GreaterThanThreshold")
    if policy.low is not None:
        _put_alarm(
            target, policy, policy.low, metric, LOW_SHARE * tracked["TargetValue"], "LessThanThreshold"
        )
    with store.lock:
        target.policies[name] = policy
    return {"PolicyARN": arn, "Alarms": _alarms(target, policy)}


def described(tracked: dict[str, Any], target: Target) -> dict[str, Any]:
    """The tracked metric, in the members of PutMetricAlarm.

    Raises:
        ApiError: ValidationException for a metric that the embedded AWS does not track.
    """
    if predefined := tracked.get("PredefinedMetricSpecification"):
        kind = predefined["PredefinedMetricType"]
        if kind not in _PREDEFINED:
            raise invalid(f"{kind}: the embedded AWS tracks {', '.join(_PREDEFINED)} and customized metrics.")
        known = _PREDEFINED[kind]
        return {
            "Namespace": "AWS/SageMaker",
            "MetricName": known.metric,
            "Dimensions": [
                {"Name": "EndpointName", "Value": target.endpoint},
                {"Name": "VariantName", "Value": target.variant},
            ],
            "Statistic": known.statistic,
            "Period": known.period_seconds,
        }
    customized = tracked.get("CustomizedMetricSpecification")
    if not customized or "MetricName" not in customized:
        raise invalid("The embedded AWS tracks one metric, predefined or customized, and no metric math.")
    metric = {key: customized[key] for key in ("Namespace", "MetricName", "Statistic")}
    unit = {"Unit": customized["Unit"]} if "Unit" in customized else {}
    return {**metric, **unit, "Dimensions": customized.get("Dimensions", []), "Period": 60}


def delete(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DeleteScalingPolicy.

    Raises:
        ApiError: ObjectNotFoundException when the target or the policy does not exist.
    """
    target = targets.existing(request, scope)
    policy = target.policies.get(request["PolicyName"])
    if policy is None:
        raise ApiError(
            "ObjectNotFoundException",
            f"No scaling policy found for service namespace: {store.NAMESPACE}, resource ID: "
            f"{target.resource_id}, scalable dimension: {store.DIMENSION}: {request['PolicyName']}",
        )
    removal.remove_policy(target, policy)
    return {}


def describe(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DescribeScalingPolicies."""
    names = request.get("PolicyNames")
    return {
        "ScalingPolicies": [
            {
                **targets.identified(target),
                "PolicyARN": policy.arn,
                "PolicyName": name,
                "PolicyType": TRACKING,
                "TargetTrackingScalingPolicyConfiguration": policy.tracked,
                "Alarms": _alarms(target, policy),
                "CreationTime": policy.created,
            }
            for target in targets.asked_for(request, scope)
            for name, policy in target.policies.items()
            if not names or name in names
        ]
    }


def _alarms(target: Target, policy: Policy) -> list[dict[str, str]]:
    here = f"arn:aws:cloudwatch:{target.scope.region}:{target.scope.account}:alarm:"
    return [{"AlarmName": name, "AlarmARN": here + name} for name in policy.alarms]


def _put_alarm(
    target: Target, policy: Policy, name: str, metric: dict[str, Any], threshold: float, comparison: str
) -> None:
    periods = HIGH_PERIODS if comparison.startswith("Greater") else LOW_SECONDS // metric["Period"]
    _cloudwatch(target).put_metric_alarm(
        AlarmName=name,
        AlarmDescription=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.arn}.",
        **metric,
        EvaluationPeriods=periods,
        Threshold=threshold,
        ComparisonOperator=comparison,
        AlarmActions=[policy.arn],
    )


def _arn(target: Target, name: str) -> str:
    here = f"arn:aws:autoscaling:{target.scope.region}:{target.scope.account}:scalingPolicy:{uuid.uuid4()}"
    return f"{here}:resource/{store.NAMESPACE}/{target.resource_id}:policyName/{name}"


def _cloudwatch(target: Target) -> Any:
    return clients.client("cloudwatch", role_arn=None, region=target.scope.region, session="autoscaling")
