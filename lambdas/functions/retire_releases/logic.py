"""Decides which releases to delete. Pure functions of what the handler looked up."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lambdas.planning.errors import InvalidInput
from lambdas.planning.execution_plan import decode_input
from mdlc_constructs.settings.payloads.release import RetirementRequest

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        DescribeEndpointConfigOutputTypeDef,
        DescribeEndpointOutputTypeDef,
    )


@dataclass(frozen=True, kw_only=True)
class Resource:
    """An endpoint configuration, or a model, and when it was created."""

    name: str
    created: datetime


def checked_input(document: object) -> RetirementRequest:
    """The function's decoded input.

    Raises:
        InvalidInput: naming the key, its value and the remedy.
    """
    request = decode_input(RetirementRequest, document)
    for key, name in (("model", request.model), ("endpoint", request.endpoint)):
        if not name:
            raise InvalidInput(f"{key} is {name!r}: give its name.")
    if request.keep < 0:
        raise InvalidInput(f"keep is {request.keep!r}: give how many earlier releases are kept, such as 2.")
    return request


def past(
    configs: Iterable[Resource], serving: str, *, keep: int, replaced: str | None = None
) -> list[Resource]:
    """The configurations to delete, the newest first.

    A configuration created after the one in service belongs to a release that is in progress or was rolled
    back. It is kept until a newer one serves.

    Args:
        configs: this model's configurations.
        serving: name of the configuration in service.
        keep: how many of the newest ones created before it are kept.
        replaced: name of the one that served before; it is the first to be kept.
    """
    configs = list(configs)
    now = [config.created for config in configs if config.name == serving]
    if not now:  # the endpoint has a configuration of another origin, so the order of releases is unknown
        return []
    earlier = sorted((c for c in configs if c.created < now[0]), key=lambda c: c.created, reverse=True)
    # A stable sort: the replaced configuration comes first, the others stay sorted by age.
    earlier.sort(key=lambda config: config.name != replaced)
    return sorted(earlier[keep:], key=lambda config: config.created, reverse=True)


def unused(models: Iterable[Resource], used: Collection[str], before: datetime) -> list[str]:
    """Models that no configuration names, created before a time: newer ones may get a configuration yet."""
    return [model.name for model in models if model.name not in used and model.created < before]


def models_of(config: "DescribeEndpointConfigOutputTypeDef") -> set[str]:
    """The models that a configuration's description names."""
    variants = [*config.get("ProductionVariants", ()), *config.get("ShadowProductionVariants", ())]
    return {variant["ModelName"] for variant in variants if "ModelName" in variant}


def configs_of(endpoint: "DescribeEndpointOutputTypeDef") -> set[str]:
    """The configurations that an endpoint has or is being updated to, from its description."""
    pending = endpoint.get("PendingDeploymentSummary")
    names = (endpoint.get("EndpointConfigName"), pending.get("EndpointConfigName") if pending else None)
    return {name for name in names if name}
