"""Entry point of the function that deletes old releases."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws.clients import client
from lambdas.aws.registry import absent
from lambdas.functions.retire_releases import logic
from lambdas.functions.retire_releases.logic import Resource
from lambdas.planning.steps import derived_names_of
from mdlc_constructs.settings.payloads.codec import JsonValue, encode
from mdlc_constructs.settings.payloads.release import RetirementRequest, RetirementResult

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

logger = Logger(service="retire-releases")


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Delete old releases: from a `RetirementRequest` to a `RetirementResult`. Repeating it is harmless."""
    request = logic.checked_input(event)
    result = retire(client("sagemaker"), request)
    logger.info("retired", extra={"deleted": result.deleted, "kept": result.kept})
    return encode(result)


def retire(sagemaker: "SageMakerClient", request: RetirementRequest) -> RetirementResult:
    """Delete old configurations first, then the models that no remaining configuration names."""
    model = request.model
    endpoint = _describe(sagemaker, request.endpoint)
    if endpoint is None:
        return RetirementResult(deleted=(), kept=())
    serving = endpoint.get("EndpointConfigName", "")
    configs = list(_configs(sagemaker, model, "config"))
    # A trial's configuration is not kept: the next trial of the same versions creates it again.
    trials = list(_configs(sagemaker, model, "trial"))
    past = [*logic.past(configs, serving, keep=request.keep, replaced=request.replaced), *trials]
    if past:
        # SageMaker also deletes a configuration in use, and its endpoint can then neither be updated nor
        # replace an instance: so a configuration that any endpoint has is kept.
        used = _in_use(sagemaker, min(config.created for config in past))
        past = [config for config in past if config.name not in used]
    deleted = [
        f"delete_endpoint_config {config.name}"
        for config in past
        if _delete(sagemaker.delete_endpoint_config, EndpointConfigName=config.name)
    ]
    kept = [config for config in (*configs, *trials) if config not in past]
    now = [config.created for config in configs if config.name == serving]
    if now:
        named = {name for config in kept for name in _models_of(sagemaker, config.name)}
        deleted += [
            f"delete_model {name}"
            for name in logic.unused(_models(sagemaker, model), named, now[0])
            if _delete(sagemaker.delete_model, ModelName=name)
        ]
    return RetirementResult(deleted=tuple(deleted), kept=tuple(config.name for config in kept))


def _describe(sagemaker: "SageMakerClient", endpoint: str) -> "DescribeEndpointOutputTypeDef | None":
    try:
        return sagemaker.describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        if absent(error):
            return None
        raise


def _configs(sagemaker: "SageMakerClient", model: str, step: str) -> Iterator[Resource]:
    """Yield this model's endpoint configurations of one step."""
    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(NameContains=f"{model}-{step}-")
    for page in pages:
        for config in page["EndpointConfigs"]:
            if derived_names_of(model, (config["EndpointConfigName"],), step):
                yield Resource(name=config["EndpointConfigName"], created=config["CreationTime"])


def _models(sagemaker: "SageMakerClient", model: str) -> Iterator[Resource]:
    """Yield this model's SageMaker models for serving."""
    pages = sagemaker.get_paginator("list_models").paginate(NameContains=f"{model}-serving-")
    for page in pages:
        for summary in page["Models"]:
            if derived_names_of(model, (summary["ModelName"],), "serving"):
                yield Resource(name=summary["ModelName"], created=summary["CreationTime"])


def _in_use(sagemaker: "SageMakerClient", since: datetime) -> set[str]:
    """The configurations of all endpoints modified after `since`: others cannot use a newer configuration."""
    pages = sagemaker.get_paginator("list_endpoints").paginate(LastModifiedTimeAfter=since)
    endpoints = (
        _describe(sagemaker, summary["EndpointName"]) for page in pages for summary in page["Endpoints"]
    )
    return {name for endpoint in endpoints if endpoint is not None for name in logic.configs_of(endpoint)}


def _models_of(sagemaker: "SageMakerClient", config: str) -> Iterable[str]:
    try:
        return logic.models_of(sagemaker.describe_endpoint_config(EndpointConfigName=config))
    except ClientError as error:
        if absent(error):
            return ()
        raise


def _delete(call: Callable[..., object], **request: str) -> bool:
    """Whether the call deleted the resource; False when it did not exist."""
    try:
        call(**request)
    except ClientError as error:
        if absent(error):
            return False
        raise
    return True
