"""What a release that tries its version first does next: pure decisions over what was looked up.

An experiment is noted in the audit table before the endpoint is touched, so that whoever finds the endpoint
on a trial's configuration knows where to go back to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.aws.endpoints import Endpoint
from lambdas.aws.packages import Package
from lambdas.planning.errors import ExperimentLeft, ExperimentRunning, StorageMoves
from lambdas.planning.execution_plan import met
from lambdas.planning.steps import Job, digest, own_names, standing
from mdlc_constructs.settings.instance_type import has_local_storage

SKIP, AGAIN, CREATE, BEGIN, CARRY, END = "Skip", "Again", "Create", "Begin", "Carry", "End"
"""What comes next: no experiment; another plan, right before it; its configuration; its beginning; the wait
that another execution left; the end of an experiment that is not this release's.
"""

_REFUSED = {"CreateTrial": (CREATE,), "StartTrial": (BEGIN,), "EndTrial": (CARRY, END)}
"""A call that was refused, to what is planned again when no other execution was the reason."""


@dataclass(frozen=True, kw_only=True)
class Noted:
    """The experiment as the audit table has it, and whether who wrote it still runs.

    Attributes:
        execution: ARN of the execution that it belongs to.
        champion_config: where the endpoint goes back to.
        running_since: when it began, ISO 8601; nothing while the endpoint is being brought there.
        alive: whether the execution still runs.
    """

    execution: str
    package_arn: str
    version: str
    champion_config: str
    trial_config: str
    running_since: str | None = None
    alive: bool = False

    @classmethod
    def of(
        cls, item: Mapping[str, str] | None, execution: str, runs: Callable[[str], bool]
    ) -> "Noted | None":
        """From the item; an execution's own experiment counts as nobody's else.

        Args:
            execution: ARN of the execution that plans.
            runs: whether an execution still runs, by its ARN.
        """
        if item is None:
            return None
        owner = item["execution"]
        return cls(
            execution=owner,
            package_arn=item["package_arn"],
            version=item["version"],
            champion_config=item["champion_config"],
            trial_config=item["trial_config"],
            running_since=item.get("running_since"),
            alive=owner != execution and runs(owner),
        )


def serves(noted: Noted | None, live: Endpoint | None) -> bool:
    """Whether the endpoint has the noted experiment's configuration."""
    return noted is not None and live is not None and live.config == noted.trial_config


def repeated(given: Mapping[str, Any], package: Package, noted: Noted | None) -> bool:
    """Whether an approval tells again what an execution is trying already."""
    going_on = noted is not None and noted.alive and noted.package_arn == package.arn
    return going_on and bool(given.get("forward_only"))


def check_free(
    given: Mapping[str, Any],
    package: Package,
    noted: Noted | None,
    live: Endpoint | None,
    name: str,
    *,
    tries: bool,
) -> None:
    """Refuse to disturb another execution's experiment, unless a person asks for another version.

    Args:
        name: the endpoint's.
        tries: whether this workflow has the states that end an experiment.

    Raises:
        ExperimentRunning: while the other execution runs.
        ExperimentLeft: when nobody is left to end it.
    """
    if noted is None:
        return
    if noted.alive and (given.get("forward_only") or noted.package_arn == package.arn or not tries):
        raise ExperimentRunning(
            f"Version {noted.version} is being tried on the endpoint {name} by {noted.execution}: wait for "
            "its end and release again; a release by hand of another version ends it."
        )
    if not tries and serves(noted, live):
        raise ExperimentLeft(
            f"The endpoint {name} has the configuration {noted.trial_config} of an experiment, and the "
            f"workflow's rollout has none any more: update the endpoint to {noted.champion_config}, delete "
            f"the item EXPERIMENT#{name} of the audit table, and release again."
        )


def trial(
    event: Mapping[str, Any],
    *,
    live: Endpoint,
    noted: Noted | None,
    forward: bool,
    served: str,
    look_up: Callable[[str], Job],
    now: datetime,
) -> dict[str, Any]:
    """What is done about an experiment before the endpoint, in service, gets its new configuration.

    Args:
        event: the planner's; its settings hold an `experiment`.
        forward: whether the package is newer than the champion.
        served: the new version's model.
        look_up: what stands behind an endpoint configuration's name.

    Raises:
        StorageMoves: when the champion's disks take a volume key and the new version's do not, or the other
            way round.
        PlanningError: the very error that a call of the experiment met.
    """
    settings, model = event["settings"]["experiment"], event["model"]
    variant = event["settings"]["endpoint"]["variant"]
    inside = serves(noted, live)
    champion = live.models.get(variant)
    own = noted.champion_config if noted is not None and inside else live.config
    plan: dict[str, Any] = {
        "step": SKIP,
        "config": "",
        "champion_config": own,
        "champion_model": champion or "",
        "instance_type": live.variants.get(variant) or "",
        "instances": max(1, live.instances.get(variant, 1)),
        "seconds": settings["seconds"],
        "owner": noted.execution if noted else "",
    }
    possible = forward and champion is not None and bool(own_names(model, [own], "config"))
    if possible:
        if not inside:
            check_storage(live.variants.get(variant), event["settings"]["endpoint"]["instance_type"])
        made = digest(settings["request"], event["bound"], champion, plan["instance_type"], served)
        config = standing(model, "trial", made, look_up)
        plan["config"] = config.name
        if inside and live.config == config.name:
            plan["step"] = CARRY
            plan["seconds"] = left(settings["seconds"], noted, now)
        elif inside:
            plan["step"] = END
        else:
            plan["step"] = BEGIN if config.job.status == "Completed" else CREATE
    elif inside:
        plan["step"] = END
    taken = event.get("taken")
    if taken and plan["step"] in _REFUSED.get(taken["step"], ()):
        raise met(taken)
    return plan


def check_storage(serving: str | None, brought: str | None) -> None:
    """Refuse a trial on two instance types of which one alone has disks of its own.

    A configuration has one volume key for all of its variants. Where an instance has local storage SageMaker
    takes none, or does not use it; without one the other's volume is not encrypted with the model's key:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html

    Args:
        serving: the champion's instance type.
        brought: the one that the settings give the new version.

    Raises:
        StorageMoves: naming both and the remedy.
    """
    if serving is None or brought is None or has_local_storage(serving) == has_local_storage(brought):
        return
    local = serving if has_local_storage(serving) else brought
    raise StorageMoves(
        f"The champion serves on {serving} and the new version would be tried on {brought}, of which {local} "
        "alone has disks of its own, and one endpoint configuration has one volume key for both: move to "
        f"{brought} by a release with rollout=AllAtOnce(), and try versions again after it."
    )


def left(seconds: int, noted: Noted | None, now: datetime) -> int:
    """Seconds that an experiment still has to run, at least one."""
    if noted is None or noted.running_since is None:
        return seconds
    gone = (now - datetime.fromisoformat(noted.running_since)).total_seconds()
    return max(1, min(seconds, int(seconds - gone)))
