"""Decides the next step of a release with an experiment. Pure functions of what the handler looked up.

An experiment is recorded in the audit table before the endpoint is changed, so that another execution that
finds the endpoint on a trial's configuration knows the configuration to restore.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from lambdas.aws.endpoints import LiveEndpoint
from lambdas.aws.packages import Package
from lambdas.aws.registry import LookUp
from lambdas.planning.audit import RecordedExperiment
from lambdas.planning.errors import ExperimentLeft, ExperimentRunning, StorageMoves
from lambdas.planning.execution_plan import met
from lambdas.planning.steps import derived_names_of, digest, find_step_job
from mdlc_constructs.settings.instance_type import has_local_storage
from mdlc_constructs.settings.payloads.release import (
    ExperimentSettings,
    ReleaseInput,
    ReleasePlannerRequest,
    TrialPlan,
    TrialStep,
)

_REFUSED: Mapping[str, tuple[TrialStep, ...]] = {
    "CreateTrial": ("Create",),
    "StartTrial": ("Begin",),
    "EndTrial": ("Carry", "End"),
}
"""By refused call, the steps that are planned again if no other execution caused the refusal."""


def serves(experiment: RecordedExperiment | None, live: LiveEndpoint | None) -> bool:
    """Whether the endpoint has the recorded experiment's configuration."""
    return experiment is not None and live is not None and live.config == experiment.trial_config


def is_repeated(release: ReleaseInput, package: Package, experiment: RecordedExperiment | None) -> bool:
    """Whether an approval repeats: another execution is trying the same package already."""
    return (
        release.forward_only
        and experiment is not None
        and experiment.alive
        and experiment.package_arn == package.arn
    )


def check_free(
    request: ReleasePlannerRequest,
    release: ReleaseInput,
    package: Package,
    experiment: RecordedExperiment | None,
    live: LiveEndpoint | None,
) -> None:
    """Refuse to change another execution's experiment, unless a person releases another version.

    Raises:
        ExperimentRunning: while the other execution runs.
        ExperimentLeft: when that execution has ended and the workflow has no experiment that could end it.
    """
    if experiment is None:
        return
    name, tries = request.settings.endpoint.name, request.settings.experiment is not None
    if experiment.alive and (release.forward_only or experiment.package_arn == package.arn or not tries):
        raise ExperimentRunning(
            f"Version {experiment.version} is being tried on the endpoint {name} by {experiment.execution}: "
            "wait for its end and release again; a release by hand of another version ends it."
        )
    if not tries and serves(experiment, live):
        raise ExperimentLeft(
            f"The endpoint {name} has the configuration {experiment.trial_config} of an experiment, and the "
            f"workflow's rollout has none any more: update the endpoint to {experiment.champion_config}, "
            f"delete the item EXPERIMENT#{name} of the audit table, and release again."
        )


def plan_trial(
    request: ReleasePlannerRequest,
    settings: ExperimentSettings,
    *,
    live: LiveEndpoint,
    experiment: RecordedExperiment | None,
    forward: bool,
    serving_model: str,
    look_up: LookUp,
    now: datetime,
) -> TrialPlan:
    """The experiment's next step, before an endpoint in service gets its new configuration.

    Args:
        forward: whether the package is newer than the champion.
        serving_model: name of the new version's SageMaker model.
        look_up: looks up an endpoint configuration by its name.

    Raises:
        StorageMoves: when only one of the two instance types has local storage.
        PlanningError: with the API's error when a call of the experiment was refused.
    """
    variant = request.settings.endpoint.variant
    in_trial = serves(experiment, live)
    champion_model = live.models.get(variant)
    champion_config = experiment.champion_config if experiment and in_trial else live.config
    trial = TrialPlan(
        step="Skip",
        champion_config=champion_config,
        champion_model=champion_model or "",
        instance_type=live.variants.get(variant) or "",
        instances=max(1, live.instances.get(variant, 1)),
        seconds=settings.seconds,
        owner=experiment.execution if experiment else "",
    )
    if (
        forward
        and champion_model is not None
        and derived_names_of(request.model, [champion_config], "config")
    ):
        if not in_trial:
            check_storage(live.variants.get(variant), request.settings.endpoint.instance_type)
        config_digest = digest(
            settings.request, request.bound, champion_model, trial.instance_type, serving_model
        )
        config = find_step_job(request.model, "trial", config_digest, look_up)
        trial = replace(trial, config=config.name)
        if in_trial and live.config == config.name:
            trial = replace(trial, step="Carry", seconds=seconds_left(settings.seconds, experiment, now))
        elif in_trial:
            trial = replace(trial, step="End")
        else:
            trial = replace(trial, step="Begin" if config.job.status == "Completed" else "Create")
    elif in_trial:
        trial = replace(trial, step="End")
    taken = request.taken
    if taken and trial.step in _REFUSED.get(taken.step, ()):
        raise met(taken)
    return trial


def check_storage(champion_type: str | None, new_type: str | None) -> None:
    """Refuse a trial on two instance types when only one of them has local storage.

    An endpoint configuration has one volume key (KmsKeyId) for all variants. For instances with local storage
    SageMaker refuses or ignores it; without it, the other variant's volume is not encrypted with the model's
    key: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html

    Args:
        champion_type: the champion's instance type.
        new_type: the new version's instance type, from the settings.

    Raises:
        StorageMoves: naming both instance types and the remedy.
    """
    if champion_type is None or new_type is None:
        return
    if has_local_storage(champion_type) == has_local_storage(new_type):
        return
    local = champion_type if has_local_storage(champion_type) else new_type
    raise StorageMoves(
        f"The champion serves on {champion_type} and the new version would be tried on {new_type}, of which "
        f"{local} alone has disks of its own, and one endpoint configuration has one volume key for both: "
        f"move to {new_type} by a release with rollout=AllAtOnce(), and try versions again after it."
    )


def seconds_left(seconds: int, experiment: RecordedExperiment | None, now: datetime) -> int:
    """Seconds that an experiment still has to run, at least one."""
    if experiment is None or experiment.running_since is None:
        return seconds
    elapsed = (now - datetime.fromisoformat(experiment.running_since)).total_seconds()
    return max(1, min(seconds, int(seconds - elapsed)))
