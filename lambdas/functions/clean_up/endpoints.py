"""Deletes a model's endpoints: first deregisters their scaling, then deletes them and their configurations.

SageMaker does not delete an endpoint during an update ("Cannot update in-progress endpoint"), and no call
cancels an update, so the function waits for its end. A creation that fails its health checks has taken about
25 minutes, and an update may bake for hours, longer than a function can run: then `StillThere` is raised.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.aws.clients import AutoScalingClient
from lambdas.aws.endpoints import BUSY
from lambdas.aws.registry import absent
from lambdas.functions.clean_up.logic import BETWEEN_LOOKS_SECONDS, ended_by_itself
from lambdas.planning.steps import derived_names_of

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

_GONE = "ObjectNotFoundException"


class StillThere(Exception):
    """Endpoints could not be deleted in time, because they are being created or updated."""


def begin(
    sagemaker: "SageMakerClient", autoscaling: AutoScalingClient, names: Iterable[str]
) -> tuple[list[str], dict[str, str]]:
    """Delete each endpoint that can be deleted now, and deregister the scaling of all.

    Args:
        sagemaker: a client of SageMaker.
        autoscaling: a client of Application Auto Scaling.
        names: names of the endpoints; one that does not exist is skipped.

    Returns:
        One line for each deletion, and the status of each endpoint that still exists.
    """
    ended: list[str] = []
    left: dict[str, str] = {}
    for name in names:
        try:
            endpoint = sagemaker.describe_endpoint(EndpointName=name)
        except ClientError as error:
            if absent(error):
                continue
            raise
        left[name] = endpoint["EndpointStatus"]
        variants = [variant["VariantName"] for variant in endpoint.get("ProductionVariants", ())]
        try:
            # Scaling could start another update. DeleteEndpoint deregisters it, too, if the role may.
            ended += _end_scaling(autoscaling, name, variants)
            if endpoint["EndpointStatus"] in BUSY:
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
    sagemaker: "SageMakerClient",
    autoscaling: AutoScalingClient,
    names: Iterable[str],
    *,
    seconds_left: Callable[[], float],
    wait: Callable[[float], None],
) -> list[str]:
    """Delete the endpoints and wait until they are deleted, because their models can only be deleted then.

    Args:
        sagemaker: a client of SageMaker.
        autoscaling: a client of Application Auto Scaling.
        names: names of the endpoints.
        seconds_left: returns how long the function may still wait.
        wait: sleeps for seconds.

    Returns:
        One line for each deletion.

    Raises:
        StillThere: when some still exist at the end, naming them and their status.
    """
    names = tuple(names)
    ended: list[str] = []
    while True:
        more, left = begin(sagemaker, autoscaling, names)
        ended += more
        if not left:
            return ended
        if seconds_left() < BETWEEN_LOOKS_SECONDS:
            names_and_states = ", ".join(f"{name} ({status})" for name, status in sorted(left.items()))
            raise StillThere(
                f"The endpoint {names_and_states} could not be deleted in time, and costs money until it is: "
                "SageMaker deletes none that changes, so delete the stack again when it no longer does."
            )
        wait(BETWEEN_LOOKS_SECONDS)


def delete_configs(sagemaker: "SageMakerClient", model: str) -> list[str]:
    """Delete the endpoint configurations with the names that this model's machines derive.

    Delete the endpoints first: SageMaker deletes a configuration in use as well, and breaks its endpoint.
    """
    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(NameContains=f"{model}-")
    names = derived_names_of(
        model, (config["EndpointConfigName"] for page in pages for config in page["EndpointConfigs"])
    )
    return [
        f"delete_endpoint_config {name}"
        for name in names
        if not ended_by_itself(sagemaker.delete_endpoint_config, EndpointConfigName=name)
    ]


def _changes(error: ClientError) -> bool:
    """Whether a call was refused because its resource is being changed."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    return code == "ConcurrentUpdateException" or "in-progress endpoint" in message


def _end_scaling(autoscaling: AutoScalingClient, name: str, variants: list[str]) -> list[str]:
    """Deregister an endpoint's scalable targets, with their policies, schedules and alarms."""
    if not variants:  # the endpoint is being created, and only one in service can be registered
        return []
    targets = autoscaling.describe_scalable_targets(
        ServiceNamespace="sagemaker",
        ResourceIds=[f"endpoint/{name}/variant/{variant}" for variant in variants],
    )["ScalableTargets"]
    ended = []
    for target in targets:
        try:
            autoscaling.deregister_scalable_target(
                ServiceNamespace=target["ServiceNamespace"],
                ResourceId=target["ResourceId"],
                ScalableDimension=target["ScalableDimension"],
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _GONE:
                raise
            continue
        ended.append(f"deregister_scalable_target {target['ResourceId']}")
    return ended
