"""End a model's endpoints: first their scaling, then themselves, then the configurations made for them.

SageMaker deletes no endpoint while it changes ("Cannot update in-progress endpoint"), and there is no call
that breaks a change off, so it is waited out. A creation that fails its health checks has been seen to take
some 25 minutes, and an update may bake for hours: longer than a function has, which then says so.
"""

from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.endpoints import BUSY
from lambdas.aws.registry import absent
from lambdas.functions.clean_up.logic import BETWEEN_LOOKS_SECONDS, ended_by_itself
from lambdas.planning.steps import own_names

_GONE = "ObjectNotFoundException"


class StillThere(Exception):
    """Endpoints could not be deleted in time, because they change."""


def begin(sagemaker: Any, autoscaling: Any, names: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """Delete each endpoint that can be deleted now, and end the scaling of all.

    Args:
        sagemaker: a client of SageMaker.
        autoscaling: a client of Application Auto Scaling.
        names: the endpoints; that one is gone, or never was, is no error.

    Returns:
        One line for each thing ended, and the status of each endpoint that is still there.
    """
    ended: list[str] = []
    left: dict[str, str] = {}
    for name in names:
        try:
            found = sagemaker.describe_endpoint(EndpointName=name)
        except ClientError as error:
            if absent(error):
                continue
            raise
        left[name] = found["EndpointStatus"]
        variants = [variant["VariantName"] for variant in found.get("ProductionVariants", ())]
        try:
            # Scaling would make it change again. SageMaker ends it too, when the caller may.
            ended += _end_scaling(autoscaling, name, variants)
            if found["EndpointStatus"] in BUSY:
                continue
            sagemaker.delete_endpoint(EndpointName=name)
        except ClientError as error:
            if absent(error):
                del left[name]
                continue
            if not _changes(error):
                raise
            continue
        ended.append(f"delete_endpoint {name}")
        left[name] = "Deleting"
    return ended, left


def end(
    sagemaker: Any,
    autoscaling: Any,
    names: Iterable[str],
    *,
    seconds_left: Callable[[], float],
    wait: Callable[[float], None],
) -> list[str]:
    """Delete the endpoints and wait until they are gone: what they serve can be deleted only afterwards.

    Args:
        sagemaker: a client of SageMaker.
        autoscaling: a client of Application Auto Scaling.
        names: the endpoints.
        seconds_left: how long may still be waited.
        wait: waits for so many seconds.

    Returns:
        One line for each thing ended.

    Raises:
        StillThere: when some have not gone in time; they and their states are named.
    """
    names = tuple(names)
    ended: list[str] = []
    while True:
        more, left = begin(sagemaker, autoscaling, names)
        ended += more
        if not left:
            return ended
        if seconds_left() < BETWEEN_LOOKS_SECONDS:
            told = ", ".join(f"{name} ({status})" for name, status in sorted(left.items()))
            raise StillThere(
                f"The endpoint {told} could not be deleted in time, and costs money until it is: SageMaker "
                f"deletes none that changes, so delete the stack again when it no longer does."
            )
        wait(BETWEEN_LOOKS_SECONDS)


def delete_configs(sagemaker: Any, model: str) -> list[str]:
    """Delete the endpoint configurations with the names that this model's machines derive.

    SageMaker would delete one in use as well, and break its endpoint: end the endpoints first.
    """
    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(NameContains=f"{model}-")
    names = own_names(model, (one["EndpointConfigName"] for page in pages for one in page["EndpointConfigs"]))
    return [
        f"delete_endpoint_config {name}"
        for name in names
        if not ended_by_itself(sagemaker.delete_endpoint_config, EndpointConfigName=name)
    ]


def _changes(error: ClientError) -> bool:
    """Whether a call was refused because what it is about is being changed."""
    told = error.response["Error"]
    return bool(told["Code"] == "ConcurrentUpdateException" or "in-progress endpoint" in told["Message"])


def _end_scaling(autoscaling: Any, name: str, variants: list[str]) -> list[str]:
    """Deregister what is registered, with its policies, schedules and alarms."""
    if not variants:  # it is being created, and only what is in service can be registered
        return []
    found = autoscaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[f"endpoint/{name}/variant/{one}" for one in variants]
    )["ScalableTargets"]
    ended = []
    for target in found:
        request = {key: target[key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
        try:
            autoscaling.deregister_scalable_target(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] != _GONE:
                raise
            continue
        ended.append(f"deregister_scalable_target {target['ResourceId']}")
    return ended
