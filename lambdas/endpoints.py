"""An endpoint as it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from lambdas.registry import absent

BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
"""States of an endpoint that pass by themselves."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """The endpoint as it is.

    Attributes:
        config: the configuration that serves; while it is created, the one that will.
        pending: the configuration that an update under way leads to.
        variants: variant's name to its instance type (nothing when serverless).
        registered: whether its instances are under scaling.
    """

    status: str
    config: str
    pending: str | None = None
    variants: Mapping[str, str | None] = field(default_factory=dict)
    registered: bool = False


def endpoint(sagemaker: Any, autoscaling: Any, name: str) -> Endpoint | None:
    """Look the endpoint up; None when there is none."""
    try:
        answer = sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if absent(error):
            return None
        raise
    config = answer.get("EndpointConfigName", "")
    variants = dict.fromkeys(entry["VariantName"] for entry in answer.get("ProductionVariants", []))
    ids = [f"endpoint/{name}/variant/{variant}" for variant in variants]
    return Endpoint(
        status=answer["EndpointStatus"],
        config=config,
        pending=answer.get("PendingDeploymentSummary", {}).get("EndpointConfigName"),
        variants={**variants, **_instance_types(sagemaker, config)},
        registered=bool(ids) and _registered(autoscaling, ids),
    )


def _instance_types(sagemaker: Any, config: str) -> dict[str, str | None]:
    try:
        answer = sagemaker.describe_endpoint_config(EndpointConfigName=config)
    except ClientError as error:
        if absent(error):
            return {}
        raise
    return {entry["VariantName"]: entry.get("InstanceType") for entry in answer["ProductionVariants"]}


def _registered(autoscaling: Any, ids: list[str]) -> bool:
    answer = autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=ids)
    return bool(answer["ScalableTargets"])
