"""The release machine: a pure function from settings to states.

On success it enters Plan, Resume, (CreateModel when the model does not exist yet), GoldenRecorded,
ScoreGolden, CheckGolden, GoldenVerdict, CreateConfig, Deploy, (GoesBack, LookAtAlarms and AlarmsOk when
alarms watch, RecordAnswers when probes are sent), EndsScaling, UpdateEndpoint (or CreateEndpoint), Watch,
EndpointVerdict, the states that scaling needs, ReleaseVerdict, PointChampion, SetLifeCycle, RetireOld,
RecordAudit and PublishEvent. Watch waits for the endpoint in AwaitEndpoint and DescribeEndpoint, and probes
it in a second branch. A rollout that tries the version first adds its states after Deploy: `experiments`.
"""

from dataclasses import replace

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, State
from mdlc_constructs.settings.rollout import MAX_DEPLOYMENT
from mdlc_constructs.workflows.assembly import Template, assemble, machine_timeout, verdict
from mdlc_constructs.workflows.ending import TO_FAILURE, success
from mdlc_constructs.workflows.parts import NO_SEAM, Parts, Seams, machine_function
from mdlc_constructs.workflows.real_time_inference.champion_record import recorded
from mdlc_constructs.workflows.real_time_inference.deployment import deploy, deployed, first_of
from mdlc_constructs.workflows.real_time_inference.endpoint_config import create_config
from mdlc_constructs.workflows.real_time_inference.experiments import (
    experiment_fields,
    experiment_plan,
    tried,
)
from mdlc_constructs.workflows.real_time_inference.golden import (
    check_golden,
    golden_recorded,
    score_golden,
)
from mdlc_constructs.workflows.real_time_inference.retention import NOTHING_RETIRED, RETIRED
from mdlc_constructs.workflows.real_time_inference.serving_model import create_serving_model
from mdlc_constructs.workflows.real_time_inference.settings import WORKFLOW, ReleaseSettings
from mdlc_constructs.workflows.real_time_inference.verdicts import BLAME

RELEASED, FAILED = "Model Released", "Release Failed"
"""Detail types of the events that end an execution."""


def default_tasks(settings: ReleaseSettings) -> dict[str, State]:
    """The default task of every step but `deploy`, which is many states; a subclass may replace them."""
    makers = {
        "create_model": create_serving_model,
        "score_golden": score_golden,
        "check_golden": check_golden,
        "create_config": create_config,
    }
    return {step: make(settings) for step, make in makers.items() if step in settings.steps}


@machine_function(lambda _: WORKFLOW, lambda settings: settings.steps, default_tasks)
def release_machine(settings: ReleaseSettings, parts: Parts) -> Machine:
    """Assemble the release machine."""
    if "deploy" in parts.tasks:
        raise ValueError("'deploy' is many states and cannot be replaced; use its seams before_ and after_.")
    tasks = {**parts.tasks, "deploy": deploy(scaled=settings.serving.scaling is not None)}
    around = dict(parts.seams)
    _check_always(around)
    served = around.pop("after_deploy", NO_SEAM).caught(TO_FAILURE)
    verdicts: dict[str, Choice] = {}
    if settings.golden is not None:
        behind = around.get("before_create_config") or StateSequence.of(parts.tasks["create_config"])
        around["before_score_golden"] = StateSequence.of(
            golden_recorded(behind.first.name), around.get("before_score_golden", NO_SEAM)
        )
        verdicts["check_golden"] = verdict(
            "GoldenVerdict",
            "golden",
            error="GoldenRefused",
            instead="The golden job left no verdict.",
            otherwise=BLAME,
        )
    template = Template(
        workflow=WORKFLOW,
        model=settings.model,
        comment=f"Releases a package of {settings.model} to the endpoint {settings.endpoint_name}",
        steps=settings.steps,
        jobs=settings.steps[:-1],
        verdicts=verdicts,
        variables=("golden",) if settings.experiment is None else ("golden", "experiment"),
        planner="${PlanReleaseFunction}",
        settings={**settings.to_plan(), "experiment": experiment_plan(settings)},
        unchanged={"result": {"outcome": "{% $plan.outcome %}"}, **NOTHING_RETIRED},
        ending=_ending(settings, served),
        failure_event=FAILED,
        failure_fields=_package_if_planned(),
        timeout_seconds=machine_timeout(settings.job_compute, settings.scoring_compute)
        + 2 * int(MAX_DEPLOYMENT.total_seconds())
        + _trial_seconds(settings),
    )
    return assemble(template, replace(parts, tasks=tasks, seams=around))


def _check_always(seams: Seams) -> None:
    """Reject `Always` at seams that are not skipped because work is resumed, but for other reasons."""
    for name, instead in (
        ("after_deploy", "its states run whenever a version came to serve"),
        ("before_score_golden", "without golden rows nothing is scored; use after_create_model"),
    ):
        if seams.get(name, NO_SEAM).runs_always:
            raise ValueError(f"The seam {name!r} of the {WORKFLOW} workflow cannot run always: {instead}.")


def _ending(settings: ReleaseSettings, served: StateSequence) -> StateSequence:
    """The states from `Deploy` to the audit item of a success."""
    kept = {
        "package_arn": "{% $plan.package.arn %}",
        "version": "{% $string($plan.package.version) %}",
        "endpoint": settings.endpoint_name,
        "config": "{% $plan.names.CreateConfig %}",
        "replaced": "{% $plan.champion %}",
        "golden": "{% $plan.golden_checks %}",
        **experiment_fields(settings.experiment),
    }
    return StateSequence.of(
        tried(settings, first_of(settings.watched)),
        deployed(settings.model, settings.watched),
        served,
        recorded(settings),
        success(
            settings.model,
            WORKFLOW,
            fields={**kept, "retired": RETIRED},
            run_fields=kept,
            detail_type=RELEASED,
            detail={"outcome": "{% $result.outcome %}", "run": "{% $plan.run %}", **kept},
        ),
    )


def _trial_seconds(settings: ReleaseSettings) -> int:
    """Seconds that an experiment may take: its duration and two updates of the endpoint."""
    if settings.experiment is None:
        return 0
    return int((settings.experiment.duration + 2 * MAX_DEPLOYMENT).total_seconds())


def _package_if_planned() -> dict[str, str]:
    """The package's fields in a failure; empty strings when the failure came before the plan."""
    return {
        "package_arn": "{% $exists($plan.package) ? $plan.package.arn : '' %}",
        "version": "{% $exists($plan.package) ? $string($plan.package.version) : '' %}",
    }
