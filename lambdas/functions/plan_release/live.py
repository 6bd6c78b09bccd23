"""Compares a live endpoint with a release. Pure functions of the endpoint's description."""

from lambdas.aws.endpoints import BUSY, LiveEndpoint
from lambdas.planning.errors import EndpointBroken, VariantsChanged
from mdlc_constructs.settings.payloads.release import EndpointSettings, EndpointState


def check_live(live: LiveEndpoint | None, settings: EndpointSettings, *, in_trial: bool = False) -> None:
    """Refuse an endpoint that cannot be updated to the release's configuration.

    Args:
        in_trial: whether it has an experiment's configuration, which the execution removes first.

    Raises:
        EndpointBroken: when it is in a state that no update can leave.
        VariantsChanged: when its variants have other names.
    """
    name, variant = settings.name, settings.variant
    if live is None or live.status in BUSY:
        return
    if live.status == "UpdateRollbackFailed":
        raise EndpointBroken(
            f"The endpoint {name} is UpdateRollbackFailed and may answer with a mix of two versions: look at "
            f"its FailureReason, bring it back to {live.config} by an update of your own, and release again."
        )
    if live.status != "InService":
        raise EndpointBroken(
            f"The endpoint {name} is {live.status}: look at its FailureReason, delete it, and release again."
        )
    if not in_trial and set(live.variants) != {variant}:
        raise VariantsChanged(
            f"The endpoint {name} has the variants {sorted(live.variants)}, the settings name {variant!r}: "
            "traffic shifts only between equal names, so keep the name, or delete the endpoint first."
        )


def endpoint_state(live: LiveEndpoint | None, config: str) -> EndpointState:
    """The endpoint's state with respect to a configuration."""
    if live is None:
        return "Absent"
    if live.status == "InService":
        return "Serving" if live.config == config else "Other"
    if live.status in ("Creating", "Updating", "SystemUpdating"):
        return "Deploying" if config == (live.pending or live.config) else "Other"
    return "Other"


def lacks_scaling(live: LiveEndpoint | None, settings: EndpointSettings) -> bool:
    """Whether an endpoint in service is not registered for scaling although its settings ask for it."""
    return live is not None and live.status == "InService" and settings.scaled and not live.registered


def must_deregister(live: LiveEndpoint | None, settings: EndpointSettings) -> bool:
    """Whether scaling must be deregistered first: SageMaker changes the instance type only without it."""
    if live is None or not live.registered:
        return False
    same = live.variants.get(settings.variant) == settings.instance_type
    return not (same and settings.scaled)
