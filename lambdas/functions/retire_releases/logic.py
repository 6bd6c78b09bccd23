"""Which releases are past keeping: pure decisions over what was looked up."""

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
    """The function's input.

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
    """The configurations past keeping, the newest first.

    What was created after the configuration in service belongs to a release that is under way, or was sent
    back: it is left alone until a newer one serves.

    Args:
        configs: the model's own configurations.
        serving: the configuration in service.
        keep: how many of the newest ones created before it are kept.
        replaced: the one that served before, which is among the kept whenever any is.
    """
    configs = list(configs)
    now = [config.created for config in configs if config.name == serving]
    if not now:  # it is another's: nothing is known about what came before it
        return []
    earlier = sorted((c for c in configs if c.created < now[0]), key=lambda c: c.created, reverse=True)
    # A stable sort: the one that served comes first, the others stay by age.
    earlier.sort(key=lambda config: config.name != replaced)
    return sorted(earlier[keep:], key=lambda config: config.created, reverse=True)


def unused(models: Iterable[Resource], used: Collection[str], before: datetime) -> list[str]:
    """Serving models that no configuration names, created before that moment: later ones wait for theirs."""
    return [model.name for model in models if model.name not in used and model.created < before]


def models_of(config: "DescribeEndpointConfigOutputTypeDef") -> set[str]:
    """The models that a configuration, as described, names."""
    variants = [*config.get("ProductionVariants", ()), *config.get("ShadowProductionVariants", ())]
    return {variant["ModelName"] for variant in variants if "ModelName" in variant}


def configs_of(endpoint: "DescribeEndpointOutputTypeDef") -> set[str]:
    """The configurations that an endpoint, as described, has or is being brought to."""
    pending = endpoint.get("PendingDeploymentSummary")
    names = (endpoint.get("EndpointConfigName"), pending.get("EndpointConfigName") if pending else None)
    return {name for name in names if name}
