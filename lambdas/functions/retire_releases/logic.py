"""Which releases are past keeping: pure decisions over what was looked up."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.planning.errors import InvalidInput
from lambdas.planning.execution_plan import checked_object

KEYS = ("model", "endpoint", "keep", "replaced")


@dataclass(frozen=True, kw_only=True)
class Made:
    """An endpoint configuration, or a model, and when it was made."""

    name: str
    created: datetime


def checked_input(value: object) -> dict[str, Any]:
    """The function's input: `model`, `endpoint`, `keep` and, when a release replaced one, `replaced`.

    Raises:
        InvalidInput: naming the key, its value and the remedy.
    """
    given = {key: checked_object(value, KEYS).get(key) for key in KEYS}
    for key in ("model", "endpoint"):
        if not isinstance(given.get(key), str) or not given[key]:
            raise InvalidInput(f"{key} is {given.get(key)!r}: give its name.")
    keep = given.get("keep")
    if not isinstance(keep, int) or isinstance(keep, bool) or keep < 0:
        raise InvalidInput(f"keep is {keep!r}: give how many earlier releases are kept, such as 2.")
    return given


def past(configs: Iterable[Made], serving: str, *, keep: int, replaced: str | None = None) -> list[Made]:
    """The configurations past keeping, the newest first.

    What was made after the configuration in service belongs to a release that is under way, or was sent
    back: it is left alone until a newer one serves.

    Args:
        configs: the model's own configurations.
        serving: the configuration in service.
        keep: how many of the newest ones made before it are kept.
        replaced: the one that served before, which is among the kept whenever any is.
    """
    found = list(configs)
    now = [config.created for config in found if config.name == serving]
    if not now:  # it is another's: nothing is known about what came before it
        return []
    earlier = sorted((c for c in found if c.created < now[0]), key=lambda c: c.created, reverse=True)
    # A stable sort: the one that served comes first, the others stay by age.
    earlier.sort(key=lambda config: config.name != replaced)
    return sorted(earlier[keep:], key=lambda config: config.created, reverse=True)


def unused(models: Iterable[Made], used: Collection[str], before: datetime) -> list[str]:
    """Serving models that no configuration names, made before that moment: later ones wait for theirs."""
    return [model.name for model in models if model.name not in used and model.created < before]


def models_of(config: Mapping[str, Any]) -> set[str]:
    """The models that a configuration, as described, names."""
    variants = [*config.get("ProductionVariants", ()), *config.get("ShadowProductionVariants", ())]
    return {variant["ModelName"] for variant in variants if "ModelName" in variant}


def configs_of(endpoint: Mapping[str, Any]) -> set[str]:
    """The configurations that an endpoint, as described, has or is being brought to."""
    pending = endpoint.get("PendingDeploymentSummary") or {}
    names = (endpoint.get("EndpointConfigName"), pending.get("EndpointConfigName"))
    return {name for name in names if name}
