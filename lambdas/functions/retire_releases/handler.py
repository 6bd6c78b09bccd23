"""Entry point of the retirement: look up what there is, delete what is past keeping."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws.clients import client
from lambdas.aws.registry import absent
from lambdas.functions.retire_releases import logic
from lambdas.functions.retire_releases.logic import Made
from lambdas.planning.steps import own_names

logger = Logger(service="retire-releases")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Delete the releases past keeping; asked again, there is nothing left to do.

    Returns:
        `deleted`: one line for each configuration and model; `kept`: the configurations left.
    """
    given = logic.checked_input(event)
    deleted, kept = retire(client("sagemaker"), **given)
    logger.info("retired", extra={"deleted": deleted, "kept": kept})
    return {"deleted": deleted, "kept": kept}


def retire(
    sagemaker: Any, *, model: str, endpoint: str, keep: int, replaced: str | None = None
) -> tuple[list[str], list[str]]:
    """Delete configurations first, then the models that no configuration left names."""
    described = _described(sagemaker, endpoint)
    if described is None:
        return [], []
    serving = described["EndpointConfigName"]
    configs = list(_made(sagemaker, model, "EndpointConfig", "config"))
    # A trial's configuration is kept by nobody: the next trial of the same versions makes it again.
    trials = list(_made(sagemaker, model, "EndpointConfig", "trial"))
    past = [*logic.past(configs, serving, keep=keep, replaced=replaced), *trials]
    if past:
        # SageMaker deletes a configuration in use as well, and the endpoint that has it can then never be
        # updated nor replace an instance: so no endpoint at all may have it.
        used = _in_use(sagemaker, min(config.created for config in past))
        past = [config for config in past if config.name not in used]
    deleted = [
        f"delete_endpoint_config {config.name}"
        for config in past
        if _deleted(sagemaker.delete_endpoint_config, EndpointConfigName=config.name)
    ]
    kept = [config for config in (*configs, *trials) if config not in past]
    now = [config.created for config in configs if config.name == serving]
    if now:
        named = {name for config in kept for name in _models_of(sagemaker, config.name)}
        deleted += [
            f"delete_model {name}"
            for name in logic.unused(_made(sagemaker, model, "Model", "serving"), named, now[0])
            if _deleted(sagemaker.delete_model, ModelName=name)
        ]
    return deleted, [config.name for config in kept]


def _described(sagemaker: Any, endpoint: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        if absent(error):
            return None
        raise
    return found


def _made(sagemaker: Any, model: str, kind: str, step: str) -> Iterator[Made]:
    """The model's own configurations or models."""
    listing = {"EndpointConfig": "list_endpoint_configs", "Model": "list_models"}[kind]
    for page in sagemaker.get_paginator(listing).paginate(NameContains=f"{model}-{step}-"):
        for one in page[f"{kind}s"]:
            if own_names(model, (one[f"{kind}Name"],), step):
                yield Made(name=one[f"{kind}Name"], created=one["CreationTime"])


def _in_use(sagemaker: Any, since: datetime) -> set[str]:
    """The configurations of all endpoints changed since a moment: what was made then is used by no other."""
    pages = sagemaker.get_paginator("list_endpoints").paginate(LastModifiedTimeAfter=since)
    found = (
        _described(sagemaker, endpoint["EndpointName"]) for page in pages for endpoint in page["Endpoints"]
    )
    return {name for endpoint in found if endpoint is not None for name in logic.configs_of(endpoint)}


def _models_of(sagemaker: Any, config: str) -> Iterable[str]:
    try:
        return logic.models_of(sagemaker.describe_endpoint_config(EndpointConfigName=config))
    except ClientError as error:
        if absent(error):
            return ()
        raise


def _deleted(call: Any, **request: str) -> bool:
    """Whether the call deleted something; False when it was gone already."""
    try:
        call(**request)
    except ClientError as error:
        if absent(error):
            return False
        raise
    return True
