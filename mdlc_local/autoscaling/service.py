"""Application Auto Scaling's HTTP API."""

from mdlc_local.autoscaling import policies, schedules, store, targets
from mdlc_local.autoscaling.permissions import check
from mdlc_local.json_api.api import JsonApi, Operation

OPERATIONS: dict[str, Operation] = {
    "RegisterScalableTarget": targets.register,
    "DeregisterScalableTarget": targets.deregister,
    "DescribeScalableTargets": targets.describe,
    "DescribeScalingActivities": targets.activities,
    "PutScalingPolicy": policies.put,
    "DeleteScalingPolicy": policies.delete,
    "DescribeScalingPolicies": policies.describe,
    "PutScheduledAction": schedules.put,
    "DeleteScheduledAction": schedules.delete,
    "DescribeScheduledActions": schedules.describe,
}

API = JsonApi(
    service="application-autoscaling",
    title="Application Auto Scaling",
    target="AnyScaleFrontendService",
    operations=OPERATIONS,
    check=check,
    clear=store.clear,
)
