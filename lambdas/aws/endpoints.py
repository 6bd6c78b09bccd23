"""Looks up a SageMaker endpoint: its status, its variants and its scaling."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.aws.clients import AutoScalingClient
from lambdas.aws.registry import absent

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import ProductionVariantOutputTypeDef

BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
"""Transitional statuses of an endpoint."""


@dataclass(frozen=True, kw_only=True)
class LiveEndpoint:
    """An existing endpoint.

    Attributes:
        config: the current configuration; during creation, the one it is created with.
        pending: the configuration that it is being updated to; None without an update.
        variants: instance type by variant name; None for a serverless variant.
        models: name of the SageMaker model by variant name; empty when the configuration was deleted.
        instances: current number of instances by variant name.
        registered: whether a variant is registered with Application Auto Scaling.
    """

    status: str
    config: str
    pending: str | None = None
    variants: Mapping[str, str | None] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    instances: Mapping[str, int] = field(default_factory=dict)
    registered: bool = False


def endpoint(sagemaker: "SageMakerClient", autoscaling: AutoScalingClient, name: str) -> LiveEndpoint | None:
    """The endpoint of a name; None when it does not exist."""
    try:
        answer = sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if absent(error):
            return None
        raise
    config = answer.get("EndpointConfigName", "")
    serving = answer.get("ProductionVariants", [])
    variants = dict.fromkeys(entry["VariantName"] for entry in serving)
    configured = _configured(sagemaker, config)
    ids = [f"endpoint/{name}/variant/{variant}" for variant in variants]
    return LiveEndpoint(
        status=answer["EndpointStatus"],
        config=config,
        pending=answer.get("PendingDeploymentSummary", {}).get("EndpointConfigName"),
        variants={**variants, **{entry["VariantName"]: entry.get("InstanceType") for entry in configured}},
        models={entry["VariantName"]: entry["ModelName"] for entry in configured if "ModelName" in entry},
        instances={
            entry["VariantName"]: entry["CurrentInstanceCount"]
            for entry in serving
            if "CurrentInstanceCount" in entry
        },
        registered=bool(ids) and _registered(autoscaling, ids),
    )


def _configured(sagemaker: "SageMakerClient", config: str) -> "list[ProductionVariantOutputTypeDef]":
    """The production variants of a configuration; empty when it was deleted."""
    try:
        answer = sagemaker.describe_endpoint_config(EndpointConfigName=config)
    except ClientError as error:
        if absent(error):
            return []
        raise
    return answer["ProductionVariants"]


def _registered(autoscaling: AutoScalingClient, ids: list[str]) -> bool:
    answer = autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=ids)
    return bool(answer["ScalableTargets"])
