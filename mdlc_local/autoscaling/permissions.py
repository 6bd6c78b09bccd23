"""The IAM permissions that a request needs: its own action, and actions of other services.

Source: "How Application Auto Scaling works with IAM" and "Permissions required for API operations" in its
user guide: callers also need permissions for the scaled service and for CloudWatch.
"""

from collections.abc import Iterator
from typing import Any

from mdlc_local import iam
from mdlc_local.autoscaling import store, targets
from mdlc_local.errors import ApiError
from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.records import ENDPOINT
from mdlc_local.scopes import Scope

_LINKED_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
_linked: set[str] = set()


def check(operation: str, request: dict[str, Any], scope: Scope, key: str) -> None:
    """Check that the caller has all permissions for an operation.

    Raises:
        ApiError: AccessDeniedException with IAM's message, when one is missing.
    """
    if operation.startswith("Describe"):
        iam.authorize(key, f"application-autoscaling:{operation}", "*", scope.region, {})
        return
    endpoint, variant = targets.named(request)
    target = store.find(scope, endpoint, variant)
    arn = target.arn if target else _here("application-autoscaling", scope) + "scalable-target/new"
    iam.authorize(key, f"application-autoscaling:{operation}", arn, scope.region, context(request))
    for action, resource, more in _besides(operation, endpoint, variant, scope):
        iam.authorize(key, action, resource, scope.region, more)
    if operation == "RegisterScalableTarget":
        _linked.add(scope.account)


def check_deletion(endpoint: str, scope: Scope, key: str) -> None:
    """Check that the caller may deregister the scalable targets of an endpoint that is to be deleted.

    Raises:
        ApiError: AccessDeniedException when it may not.
    """
    for target in store.of_endpoint(scope, endpoint):
        try:
            iam.authorize(
                key,
                "application-autoscaling:DeregisterScalableTarget",
                target.arn,
                scope.region,
                context(targets.identified(target)),
            )
        except ApiError as fault:
            raise ApiError(
                fault.code,
                "An Application AutoScaling scalable target exists for a variant being deleted, and the IAM "
                "identity used to invoke DeleteEndpoint does not have "
                "application-autoscaling:DeregisterScalableTarget permission to deregister the scalable "
                "target.",
            ) from fault


def context(request: dict[str, Any]) -> dict[str, Any]:
    """The service's condition keys and their values for a request."""
    return {
        "application-autoscaling:service-namespace": request["ServiceNamespace"],
        "application-autoscaling:scalable-dimension": request["ScalableDimension"],
    }


def _besides(
    operation: str, endpoint: str, variant: str, scope: Scope
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    alarm = _here("cloudwatch", scope) + f"alarm:TargetTracking-endpoint/{endpoint}/variant/{variant}-Alarm"
    if operation == "RegisterScalableTarget":
        arn = records.arn(ENDPOINT, endpoint, scope)
        yield "sagemaker:DescribeEndpoint", arn, {}
        yield "sagemaker:UpdateEndpointWeightsAndCapacities", arn, {}
        if scope.account not in _linked:
            role = f"arn:aws:iam::{scope.account}:role/{targets.LINKED_ROLE}"
            yield "iam:CreateServiceLinkedRole", role, {"iam:AWSServiceName": _LINKED_SERVICE}
    elif operation == "PutScalingPolicy":
        yield "cloudwatch:PutMetricAlarm", alarm, {}
        yield "cloudwatch:DescribeAlarms", alarm, {}
    elif operation in ("DeregisterScalableTarget", "DeleteScalingPolicy"):
        target = store.find(scope, endpoint, variant)
        if target is not None and target.policies:
            yield "cloudwatch:DeleteAlarms", alarm, {}


def _here(service: str, scope: Scope) -> str:
    return f"arn:aws:{service}:{scope.region}:{scope.account}:"
