"""CreateEndpointConfig, DescribeEndpointConfig, ListEndpointConfigs, DeleteEndpointConfig."""

import copy
from typing import Any

from mdlc_local import clock
from mdlc_local.errors import ApiError, invalid
from mdlc_local.sagemaker import listing, records
from mdlc_local.sagemaker.faults import already_exists, could_not_find
from mdlc_local.sagemaker.records import ENDPOINT_CONFIG, Record
from mdlc_local.sagemaker.registry import models
from mdlc_local.scopes import Scope

WORDS = "endpoint configuration"
"""The resource's name in AWS's messages."""

ABSENT = {
    "AsyncInferenceConfig": "asynchronous endpoints",
    "ExplainerConfig": "explainers",
    "ExecutionRoleArn": "inference components",
    "MetricsConfig": "enhanced metrics",
}
"""Members that are not implemented, with the feature of each; they are rejected and not ignored."""

_ABSENT_OF_VARIANT = {
    "AcceleratorType": "Elastic Inference",
    "InstancePools": "instance pools",
    "ManagedInstanceScaling": "managed instance scaling",
    "CoreDumpConfig": "core dumps",
}


def create(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """CreateEndpointConfig.

    Raises:
        ApiError: ValidationException when the configuration exists, names a missing model, or is
            invalid for SageMaker; InvalidAction for features that the embedded AWS lacks.
    """
    name = request["EndpointConfigName"]
    arn = records.arn(ENDPOINT_CONFIG, name, scope)
    if records.find(ENDPOINT_CONFIG, name, scope) is not None:
        raise already_exists(WORDS, arn)
    _check_absent(request, ABSENT)
    production, shadows = request["ProductionVariants"], request.get("ShadowProductionVariants", [])
    names = [variant["VariantName"] for variant in (*production, *shadows)]
    if len(set(names)) != len(names):
        raise invalid(f"Variant names must be unique within an endpoint configuration: {', '.join(names)}")
    for variant in (*production, *shadows):
        _check_variant(variant, scope)
    if shadows and (len(production), len(shadows)) != (1, 1):
        raise invalid("An endpoint with a shadow variant has exactly one production and one shadow variant.")
    if any("ServerlessConfig" in variant for variant in (*production, *shadows)):
        _check_serverless(request, scope)
    record: Record = {**copy.deepcopy(request), "EndpointConfigArn": arn, "CreationTime": clock.now()}
    with records.lock:
        if records.table(ENDPOINT_CONFIG, scope).setdefault(name.lower(), record) is not record:
            raise already_exists(WORDS, arn)
    return {"EndpointConfigArn": arn}


def _check_absent(members: dict[str, Any], absent: dict[str, str]) -> None:
    for member, what in absent.items():
        if member in members:
            raise ApiError("InvalidAction", f"{member}: the embedded AWS has no {what}")


def _check_variant(variant: dict[str, Any], scope: Scope) -> None:
    name = variant["VariantName"]
    _check_absent(variant, _ABSENT_OF_VARIANT)
    if "ModelName" not in variant:
        raise ApiError(
            "InvalidAction", f"Variant {name} has no ModelName: the embedded AWS has no inference components"
        )
    models.existing(variant["ModelName"], scope)
    on_instances = {"InstanceType", "InitialInstanceCount"} & set(variant)
    if "ServerlessConfig" in variant and on_instances:
        raise invalid(
            f"Variant {name}: specify either ServerlessConfig or InstanceType and InitialInstanceCount."
        )
    if "ServerlessConfig" not in variant and len(on_instances) < 2:
        raise invalid(
            f"Variant {name}: InstanceType and InitialInstanceCount are required without ServerlessConfig."
        )


def _check_serverless(request: dict[str, Any], scope: Scope) -> None:
    """Raise an error for features that serverless endpoints exclude.

    Source: "Serverless Inference, feature exclusions" in the AWS documentation.
    """
    production = request["ProductionVariants"]
    served = models.existing(production[0]["ModelName"], scope)
    excluded = {
        "several production variants": len(production) > 1,
        "shadow variants": bool(request.get("ShadowProductionVariants")),
        "data capture": "DataCaptureConfig" in request,
        "a VPC": "VpcConfig" in served,
        "network isolation": bool(served.get("EnableNetworkIsolation")),
        "inference pipelines": len(served.get("Containers", [])) > 1,
    }
    for what, present in excluded.items():
        if present:
            raise invalid(f"Serverless endpoints do not support {what}.")


def existing(name: str, scope: Scope) -> Record:
    """The record of the endpoint configuration with that name.

    Raises:
        ApiError: ValidationException when there is none.
    """
    record = records.find(ENDPOINT_CONFIG, name, scope)
    if record is None:
        raise could_not_find(WORDS, records.arn(ENDPOINT_CONFIG, name, scope))
    return record


def describe(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DescribeEndpointConfig."""
    return existing(request["EndpointConfigName"], scope)


def list_configs(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListEndpointConfigs."""
    with records.lock:
        summaries, token = listing.page(
            request, ENDPOINT_CONFIG, list(records.table(ENDPOINT_CONFIG, scope).values())
        )
    return {"EndpointConfigs": summaries, "NextToken": token}


def delete(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DeleteEndpointConfig; as on AWS, a configuration in use can be deleted too."""
    existing(request["EndpointConfigName"], scope)
    with records.lock:
        records.table(ENDPOINT_CONFIG, scope).pop(request["EndpointConfigName"].lower(), None)
    return {}
