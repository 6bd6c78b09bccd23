"""How a live endpoint stands to a release: pure decisions over its description."""

from lambdas.aws.endpoints import BUSY, LiveEndpoint
from lambdas.planning.errors import EndpointBroken, VariantsChanged
from mdlc_constructs.settings.payloads.release import EndpointSettings, EndpointState


def check_live(live: LiveEndpoint | None, settings: EndpointSettings, *, in_trial: bool = False) -> None:
    """Refuse an endpoint that cannot be moved to a configuration of ours.

    Args:
        in_trial: whether it has an experiment's configuration, which it leaves before anything else is done.

    Raises:
        EndpointBroken: when no update leads out of its state.
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
    """How the endpoint stands to a configuration."""
    if live is None:
        return "Absent"
    if live.status == "InService":
        return "Serving" if live.config == config else "Other"
    if live.status in ("Creating", "Updating", "SystemUpdating"):
        return "Deploying" if config == (live.pending or live.config) else "Other"
    return "Other"


def lacks_scaling(live: LiveEndpoint | None, settings: EndpointSettings) -> bool:
    """Whether an endpoint in service lacks the scaling that it should have."""
    return live is not None and live.status == "InService" and settings.scaled and not live.registered


def must_deregister(live: LiveEndpoint | None, settings: EndpointSettings) -> bool:
    """Whether scaling must end before the update: an instance type changes only without it."""
    if live is None or not live.registered:
        return False
    same = live.variants.get(settings.variant) == settings.instance_type
    return not (same and settings.scaled)
