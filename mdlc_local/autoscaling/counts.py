"""Reads and changes a target's instance count."""

import uuid

from mdlc_local import clock
from mdlc_local.autoscaling import store
from mdlc_local.autoscaling.store import Target
from mdlc_local.errors import ApiError
from mdlc_local.sagemaker.endpoints import endpoints, hosting


def current(target: Target) -> int | None:
    """The variant's instance count, or None while it is not in service."""
    hosted = hosting.find(target.endpoint, target.scope)
    if hosted is None or hosted.fleet is None or target.variant not in hosted.fleet.servers:
        return None
    return hosted.fleet.servers[target.variant].instances


def change(target: Target, count: int, cause: str) -> bool:
    """Set the variant's instance count by UpdateEndpointWeightsAndCapacities.

    Returns:
        Whether SageMaker accepted it; it does not while the endpoint is being updated.
    """
    wanted = [{"VariantName": target.variant, "DesiredInstanceCount": count}]
    started = clock.now()
    try:
        endpoints.update_weights_and_capacities(
            {"EndpointName": target.endpoint, "DesiredWeightsAndCapacities": wanted}, target.scope
        )
    except ApiError:
        return False
    description = f"Setting desired instance count to {count}."
    done = f"Successfully set desired instance count to {count}. Change successfully fulfilled by sagemaker."
    with store.lock:
        target.activities.insert(
            0,
            {
                "ActivityId": str(uuid.uuid4()),
                "ServiceNamespace": store.NAMESPACE,
                "ResourceId": target.resource_id,
                "ScalableDimension": store.DIMENSION,
                "Description": description,
                "Cause": cause,
                "StartTime": started,
                "EndTime": clock.now(),
                "StatusCode": "Successful",
                "StatusMessage": done,
            },
        )
        del target.activities[store.MAX_ACTIVITIES :]
    return True


def keep_within(target: Target, cause: str) -> bool:
    """Scale the count into the target's bounds; returns False when that is necessary but not possible now."""
    count = current(target)
    if count is None:
        return True
    bounded = min(max(count, target.minimum), target.maximum)
    word = "minimum" if bounded > count else "maximum"
    return bounded == count or change(target, bounded, f"{word} capacity was set to {bounded}: {cause}")
