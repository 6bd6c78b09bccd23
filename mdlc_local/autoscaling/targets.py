"""RegisterScalableTarget, DeregisterScalableTarget, DescribeScalableTargets, DescribeScalingActivities."""

import re
import uuid
from typing import Any

from mdlc_local import clock
from mdlc_local.autoscaling import counts, removal, store
from mdlc_local.autoscaling.store import DIMENSION, NAMESPACE, Target
from mdlc_local.errors import ApiError, invalid
from mdlc_local.sagemaker.endpoints import hosting
from mdlc_local.scopes import Scope

_RESOURCE = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
_ROLE = "aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
LINKED_ROLE = f"{_ROLE}AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"


def named(request: dict[str, Any]) -> tuple[str, str]:
    """The names of the endpoint and the variant in a request.

    Raises:
        ApiError: ValidationException for a resource that the embedded AWS does not scale.
    """
    if request["ServiceNamespace"] != NAMESPACE or request["ScalableDimension"] != DIMENSION:
        raise invalid(
            f"{request['ServiceNamespace']} {request['ScalableDimension']}: the embedded AWS scales "
            f"{DIMENSION} alone."
        )
    match = _RESOURCE.fullmatch(request["ResourceId"])
    if match is None:
        raise invalid(
            f"Unsupported service namespace, resource type or scalable dimension: {request['ResourceId']}"
        )
    return match[1], match[2]


def existing(request: dict[str, Any], scope: Scope) -> Target:
    """The scalable target in a request.

    Raises:
        ApiError: ObjectNotFoundException when it is not registered.
    """
    target = store.find(scope, *named(request))
    if target is None:
        raise ApiError(
            "ObjectNotFoundException",
            f"No scalable target registered for service namespace: {request['ServiceNamespace']}, resource "
            f"ID: {request['ResourceId']}, scalable dimension: {request['ScalableDimension']}",
        )
    return target


def register(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """RegisterScalableTarget: registers a new target or changes the bounds of an existing one.

    Raises:
        ApiError: ValidationException for an endpoint that is not in service, and for invalid
            bounds.
    """
    endpoint, variant = named(request)
    hosted = hosting.find(endpoint, scope)
    if hosted is None or hosted.fleet is None or variant not in hosted.fleet.servers:
        raise invalid(f"SageMaker endpoint variant doesn't exist: {request['ResourceId']}")
    target = store.find(scope, endpoint, variant)
    minimum = request.get("MinCapacity", target.minimum if target else None)
    maximum = request.get("MaxCapacity", target.maximum if target else None)
    if minimum is None or maximum is None:
        raise invalid("MinCapacity and MaxCapacity must be specified when a scalable target is registered.")
    check_bounds(minimum, maximum, asynchronous="AsyncInferenceConfig" in hosted.fleet.config)
    if target is None:
        arn = f"arn:aws:application-autoscaling:{scope.region}:{scope.account}:scalable-target/"
        target = Target(
            scope=scope,
            endpoint=endpoint,
            variant=variant,
            arn=f"{arn}{uuid.uuid4().hex}",
            minimum=minimum,
            maximum=maximum,
            created=clock.now(),
        )
        store.add(target)
    target.minimum, target.maximum = minimum, maximum
    target.suspended.update(request.get("SuspendedState", {}))
    counts.keep_within(target, cause="the target was registered")
    return {"ScalableTargetARN": target.arn}


def check_bounds(minimum: int, maximum: int, *, asynchronous: bool) -> None:
    """Check that a variant can have these bounds.

    Raises:
        ApiError: ValidationException when it cannot.
    """
    if minimum > maximum:
        raise invalid("Maximum capacity cannot be less than minimum capacity")
    if minimum < 0 or (minimum < 1 and not asynchronous):
        raise invalid(f"Minimum capacity {minimum}: a variant without asynchronous inference has at least 1.")


def deregister(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DeregisterScalableTarget; also removes its policies, their alarms, and its scheduled actions.

    Raises:
        ApiError: ObjectNotFoundException when it is not registered.
    """
    removal.forget(existing(request, scope))
    return {}


def describe(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DescribeScalableTargets."""
    return {"ScalableTargets": [shown(target) for target in asked_for(request, scope)]}


def asked_for(request: dict[str, Any], scope: Scope) -> list[Target]:
    """The targets that a Describe request names, or all targets of its namespace."""
    ids = request.get("ResourceIds") or ([request["ResourceId"]] if request.get("ResourceId") else None)
    return [
        target
        for target in store.everything()
        if target.scope == scope
        and request["ServiceNamespace"] == NAMESPACE
        and request.get("ScalableDimension", DIMENSION) == DIMENSION
        and (ids is None or target.resource_id in ids)
    ]


def identified(target: Target) -> dict[str, Any]:
    """The members that identify a target in every answer."""
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.resource_id,
        "ScalableDimension": DIMENSION,
    }


def shown(target: Target) -> dict[str, Any]:
    """One target as DescribeScalableTargets shows it."""
    states = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    return {
        **identified(target),
        "MinCapacity": target.minimum,
        "MaxCapacity": target.maximum,
        "RoleARN": f"arn:aws:iam::{target.scope.account}:role/{LINKED_ROLE}",
        "CreationTime": target.created,
        "SuspendedState": {state: target.suspended.get(state, False) for state in states},
        "ScalableTargetARN": target.arn,
    }


def activities(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DescribeScalingActivities, newest first."""
    recorded = [activity for target in asked_for(request, scope) for activity in target.activities]
    return {"ScalingActivities": sorted(recorded, key=lambda activity: activity["StartTime"], reverse=True)}
