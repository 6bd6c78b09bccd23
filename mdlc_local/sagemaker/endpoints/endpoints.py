"""CreateEndpoint, UpdateEndpoint, UpdateEndpointWeightsAndCapacities, DescribeEndpoint, List, Delete."""

import copy
from typing import Any

from mdlc_local import clock
from mdlc_local.autoscaling import removal
from mdlc_local.errors import invalid
from mdlc_local.sagemaker import listing, records
from mdlc_local.sagemaker.containers.images import Images
from mdlc_local.sagemaker.endpoints import deployments, endpoint_configs, fleets, hosting
from mdlc_local.sagemaker.endpoints.fleets import Fleet
from mdlc_local.sagemaker.endpoints.hosting import Hosted
from mdlc_local.sagemaker.endpoints.rollouts import Rollout
from mdlc_local.sagemaker.faults import already_exists, could_not_find
from mdlc_local.sagemaker.records import ENDPOINT, Record
from mdlc_local.scopes import Scope

WORDS = "endpoint"
_BUSY = ("Creating", "Updating", "RollingBack", "Deleting")


def create(request: dict[str, Any], scope: Scope, images: Images) -> dict[str, Any]:
    """CreateEndpoint.

    Raises:
        ApiError: ValidationException when the endpoint exists or its configuration does not.
    """
    name = request["EndpointName"]
    arn = records.arn(ENDPOINT, name, scope)
    config = copy.deepcopy(endpoint_configs.existing(request["EndpointConfigName"], scope))
    Rollout.of(request.get("DeploymentConfig"), _instances(config))
    record: Record = {
        "EndpointName": name,
        "EndpointArn": arn,
        "EndpointConfigName": config["EndpointConfigName"],
        "EndpointStatus": "Creating",
        "CreationTime": clock.now(),
        "LastModifiedTime": clock.now(),
        "Tags": copy.deepcopy(request.get("Tags", [])),
        **({"LastDeploymentConfig": request["DeploymentConfig"]} if "DeploymentConfig" in request else {}),
    }
    with records.lock:
        if records.table(ENDPOINT, scope).setdefault(name.lower(), record) is not record:
            raise already_exists(WORDS, arn)
    hosted = Hosted(record=record, scope=scope)
    hosting.add(hosted)
    hosting.start(lambda: deployments.create(hosted, lambda: Fleet(record, config, scope, images)), hosted)
    return {"EndpointArn": arn}


def update(request: dict[str, Any], scope: Scope, images: Images) -> dict[str, Any]:
    """UpdateEndpoint.

    Raises:
        ApiError: ValidationException when the endpoint or its configuration does not exist, when it
            is not InService, or when SageMaker does not support the deployment.
    """
    config = copy.deepcopy(endpoint_configs.existing(request["EndpointConfigName"], scope))
    hosted, old = _serving(request["EndpointName"], scope)
    record = hosted.record
    deployment = request.get("DeploymentConfig")
    if deployment is None and request.get("RetainDeploymentConfig"):
        deployment = record.get("LastDeploymentConfig")
    rollout = Rollout.of(deployment, _instances(config))
    _check_guardrails(deployment, old.config, config)
    removal.check_update(record["EndpointName"], old.config, config, scope)
    if request.get("RetainAllVariantProperties"):
        _retain(request, config, old)
    with records.changing(record):
        _claim(record)
        record["LastModifiedTime"] = clock.now()
        record.pop("FailureReason", None)
        if deployment is not None:
            record["LastDeploymentConfig"] = copy.deepcopy(deployment)
    hosting.start(
        lambda: deployments.update(
            hosted, old, config["EndpointConfigName"], lambda: Fleet(record, config, scope, images), rollout
        ),
        hosted,
    )
    return {"EndpointArn": record["EndpointArn"]}


def update_weights_and_capacities(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """UpdateEndpointWeightsAndCapacities.

    Raises:
        ApiError: ValidationException when the endpoint does not exist, is not InService, or has no
            such variant.
    """
    hosted, fleet = _serving(request["EndpointName"], scope)
    changes = copy.deepcopy(request["DesiredWeightsAndCapacities"])
    for change in changes:
        if change["VariantName"] not in fleet.servers:
            raise invalid(
                f"Could not find variant {change['VariantName']} of {hosted.record['EndpointArn']}."
            )
    with records.changing(hosted.record) as record:
        _claim(record)
    hosting.start(lambda: deployments.change_weights(hosted, changes), hosted)
    return {"EndpointArn": hosted.record["EndpointArn"]}


def _claim(record: Record) -> None:
    """Set the endpoint's status to Updating; raises an error when another request already did.

    The caller must hold the record's lock.
    """
    if record["EndpointStatus"] in _BUSY:
        raise _in_progress(record)
    record["EndpointStatus"] = "Updating"


def _in_progress(record: Record) -> Exception:
    return invalid(f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')


def _serving(name: str, scope: Scope) -> tuple[Hosted, Fleet]:
    """An endpoint that can be updated, and its fleet."""
    record = existing(name, scope)
    hosted = hosting.find(name, scope)
    if record["EndpointStatus"] in _BUSY:
        raise _in_progress(record)
    if hosted is None or hosted.fleet is None:
        raise invalid(
            f'Cannot update endpoint "{record["EndpointArn"]}" in status {record["EndpointStatus"]}.'
        )
    return hosted, hosted.fleet


def _instances(config: Record) -> int:
    return sum(variant.get("InitialInstanceCount", 1) for variant in config["ProductionVariants"])


def _check_guardrails(deployment: dict[str, Any] | None, old: Record, new: Record) -> None:
    """Raise an error for a deployment that guardrails exclude; without a DeploymentConfig none applies.

    Source: "Deployment guardrails: exclusions" in the AWS documentation.
    """
    if not deployment:
        return
    names = [{variant["VariantName"] for variant in config["ProductionVariants"]} for config in (old, new)]
    if names[0] != names[1]:
        raise invalid(
            "With a DeploymentConfig the variant names must stay the same: "
            f"{sorted(names[0])} became {sorted(names[1])}."
        )
    variants = [*new["ProductionVariants"], *old["ProductionVariants"]]
    if any("ServerlessConfig" in variant for variant in variants):
        raise invalid("A DeploymentConfig is not supported for serverless variants.")
    rolling = "RollingUpdatePolicy" in deployment
    if rolling and (len(new["ProductionVariants"]) > 1 or new.get("ShadowProductionVariants")):
        raise invalid("A rolling deployment is not supported for endpoints with several variants.")


def _retain(request: dict[str, Any], config: Record, old: Fleet) -> None:
    """Keep the running variants' weights, instance counts and data capture, except excluded properties."""
    excluded = {
        property_of_variant["VariantPropertyType"]
        for property_of_variant in request.get("ExcludeRetainedVariantProperties", [])
    }
    for variant in config["ProductionVariants"]:
        running = old.servers.get(variant["VariantName"])
        if running is None:
            continue
        if "DesiredWeight" not in excluded:
            variant["InitialVariantWeight"] = running.weight
        if "DesiredInstanceCount" not in excluded and "InitialInstanceCount" in variant:
            variant["InitialInstanceCount"] = running.instances
    if "DataCaptureConfig" not in excluded and old.capture is not None:
        config["DataCaptureConfig"] = old.capture


def existing(name: str, scope: Scope) -> Record:
    """The record of the endpoint with that name.

    Raises:
        ApiError: ValidationException when there is none.
    """
    record = records.find(ENDPOINT, name, scope)
    if record is None:
        raise could_not_find(WORDS, records.arn(ENDPOINT, name, scope))
    return record


def describe(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DescribeEndpoint."""
    record = existing(request["EndpointName"], scope)
    hosted = hosting.find(request["EndpointName"], scope)
    shown = dict(record)
    fleet = hosted.fleet if hosted is not None else None
    if fleet is not None:
        shown["ProductionVariants"] = fleet.summaries()
        if fleet.shadows:
            shown["ShadowProductionVariants"] = [fleets.summary(server) for server in fleet.shadows]
        if fleet.capture is not None:
            enabled = fleet.capture.get("EnableCapture", True)
            shown["DataCaptureConfig"] = {
                **fleet.capture,
                "EnableCapture": enabled,
                "CaptureStatus": "Started" if enabled else "Stopped",
                "CurrentSamplingPercentage": fleet.capture["InitialSamplingPercentage"],
                "KmsKeyId": fleet.capture.get("KmsKeyId", ""),
            }
    return shown


def list_endpoints(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListEndpoints."""
    with records.lock:
        summaries, token = listing.page(request, ENDPOINT, list(records.table(ENDPOINT, scope).values()))
    return {"Endpoints": summaries, "NextToken": token}


def delete(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DeleteEndpoint.

    Raises:
        ApiError: ValidationException when the endpoint does not exist, or while it is being created,
            updated or deleted.
    """
    record = existing(request["EndpointName"], scope)
    hosted = hosting.find(request["EndpointName"], scope)
    with records.changing(record):
        if record["EndpointStatus"] in _BUSY:
            raise _in_progress(record)
        record.update(EndpointStatus="Deleting", LastModifiedTime=clock.now())
    removal.forget_endpoint(record["EndpointName"], scope)

    def forget() -> None:
        if hosted is not None:
            hosting.remove(hosted)
        with records.lock:
            table = records.table(ENDPOINT, scope)
            if table.get(request["EndpointName"].lower()) is record:
                del table[request["EndpointName"].lower()]

    if hosted is None:
        forget()
        return {}
    hosted.stop.set()
    hosting.start(lambda: deployments.delete(hosted, forget), hosted)
    return {}
