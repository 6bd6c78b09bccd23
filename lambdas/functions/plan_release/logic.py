"""Decides what a release does. Pure functions of what the handler looked up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lambdas.aws.endpoints import BUSY, LiveEndpoint
from lambdas.aws.packages import Package
from lambdas.aws.registry import LookUps
from lambdas.functions.plan_release import trials
from lambdas.functions.plan_release.live import check_live, endpoint_state, lacks_scaling, must_deregister
from lambdas.planning.audit import ChampionPointer, RecordedExperiment
from lambdas.planning.errors import NoGolden
from lambdas.planning.execution_plan import finished_by, met, planned_step
from lambdas.planning.sources import SourceFile, data_version
from lambdas.planning.steps import Job, digest, digest_sections, find_step_job, verdict
from mdlc_constructs.settings.payloads.job_plan import DataSection, JobPlan, PackageSection
from mdlc_constructs.settings.payloads.planning import CaughtError
from mdlc_constructs.settings.payloads.release import (
    EndpointState,
    ReleaseInput,
    ReleasePlan,
    ReleasePlannerRequest,
    TrialPlan,
)
from mdlc_constructs.settings.payloads.verdict import Verdict

_UNCHANGED = {"CreateEndpoint": "Absent", "UpdateEndpoint": "Other"}
"""By refused call, the endpoint's state if no other execution caused the refusal."""

NOT_ASKED, NONE_RECORDED, SERVED_BEFORE, PASSED = "not asked", "none recorded", "served before", "passed"
"""Results of the golden checks, as a successful release's audit item records them."""


@dataclass(frozen=True, kw_only=True)
class Golden:
    """The files of the golden checks; without rows there is nothing to check."""

    rows: SourceFile | None = None
    expected: SourceFile | None = None

    def check(self, folder: str, *, serves_another: bool) -> None:
        """Refuse a release whose golden checks lack a file.

        The first release needs no rows: there was no version yet whose answers could be recorded.

        Raises:
            NoGolden: naming the file and the remedy.
        """
        if self.rows is None and serves_another:
            raise NoGolden(
                f"{folder}rows.jsonl is missing, and another version serves: record rows there, one JSON "
                "object a line, with expected.csv beside it, or give the workflow golden=None."
            )
        if self.rows is not None and self.expected is None:
            raise NoGolden(
                f"{folder}expected.csv is missing beside rows.jsonl: give row_key,expected, one line a row "
                "in the same order."
            )


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the handler looked up for a release.

    Attributes:
        golden: files of the golden checks; ignored when the settings have none.
        live: the endpoint, or None when it does not exist.
        recorded: takes a run's digest; returns its audit item, or None when the run is not finished.
        experiment: the endpoint's experiment in the audit table.
        now: the current time, with a time zone.
    """

    golden: Golden
    package: Package
    live: LiveEndpoint | None
    champion: ChampionPointer | None
    recorded: Callable[[str], Mapping[str, str] | None]
    look_up: LookUps
    experiment: RecordedExperiment | None
    now: datetime

    @property
    def is_champion(self) -> bool:
        """Whether the package to release is the champion."""
        return self.champion is not None and self.champion.package_arn == self.package.arn

    @property
    def goes_back(self) -> bool:
        """Whether this release returns to an older version that has served before.

        It skips the golden checks, which expect the champion's answers: somebody who goes back does not trust
        those. An older version that never served does not count.
        """
        champion = self.champion
        return self.package.served and champion is not None and self.package.version < champion.version

    def is_superseded(self, release: ReleaseInput) -> bool:
        """Whether a release with `forward_only` has nothing left to do.

        Approval events are delivered at least once and in any order. A late one must not release a version
        that is older than the champion, that is no longer approved, or that served before and was replaced.
        """
        if not release.forward_only:
            return False
        package, champion = self.package, self.champion
        newer = champion is not None and champion.version > package.version
        spent = package.served and champion is not None and champion.package_arn != package.arn
        return newer or spent or package.status != "Approved"


@dataclass(frozen=True, kw_only=True)
class ReleaseWork:
    """The jobs of a release and their state.

    Attributes:
        jobs: the jobs of each step, in the order of the steps.
        verdicts: by the step that writes a verdict: the Choice state that reads it, and the verdict.
    """

    data_version: str
    golden_checks: str
    jobs: Mapping[str, list[Job]]
    names: Mapping[str, str]
    uris: Mapping[str, str] = field(default_factory=dict)
    verdicts: Mapping[str, tuple[str, Verdict | None]] = field(default_factory=dict)

    @property
    def run(self) -> str:
        """The run id: a digest of the whole work."""
        return digest(self.names["CreateConfig"], self.names.get("CheckGolden"))[:16]


def golden_plan(request: ReleasePlannerRequest, rows: SourceFile, package: Package) -> JobPlan:
    """The `plan.json` of the golden job, without the run id, which is derived from it."""
    return JobPlan(
        workflow="batch",
        model=request.model,
        dataset=request.settings.dataset,
        golden=request.settings.golden,
        data=DataSection(
            version=data_version([rows]),
            uri=_uri(request, "golden", ""),
            files=(rows.to_plan(),),
        ),
        package=PackageSection(arn=package.arn, version=package.version),
    )


def decide(request: ReleasePlannerRequest, release: ReleaseInput, facts: Facts) -> ReleasePlan:
    """The plan of the execution: names, URIs, the endpoint's state, and the next state.

    Raises:
        PlanningError: for an endpoint that cannot be released to, for golden checks without their files, and
            with the API's error when an update was refused.
    """
    package, live, champion = facts.package, facts.live, facts.champion
    late = facts.is_superseded(release) or trials.is_repeated(release, package, facts.experiment)
    if not late:
        _check(request, release, facts)
    work = _work(request, facts)
    config = work.names["CreateConfig"]
    before = facts.recorded(work.run)
    state = endpoint_state(live, config)
    done = before if state == "Serving" and facts.is_champion else None
    step = (
        "Done"
        if late
        else planned_step(request, work.jobs, verdicts=work.verdicts, last="Deploy", recorded=done)
    )
    if step == "Deploy" and state == "Other" and live is not None and live.status in BUSY:
        step = "Wait"
    elif not late:
        state = _state_after_refusal(request, live, state)
    trial = _trial(request, facts, step, work.names["CreateModel"])
    replaced = trial.champion_config or (live.config if live is not None else config)
    refused = request.taken if state == "Refused" else None
    return ReleasePlan(
        run=work.run,
        data_version=work.data_version,
        names=work.names,
        package=package.planned,
        uris=work.uris,
        golden=work.verdicts["CheckGolden"][1] if work.verdicts else None,
        golden_checks=work.golden_checks,
        endpoint=state,
        deregister=must_deregister(live, request.settings.endpoint),
        champion=str(champion.version) if champion else "0",
        replaced_config=replaced if replaced != config else "",
        trial=trial,
        refused=CaughtError(error=refused.error, cause=refused.cause) if refused else None,
        back=facts.goes_back,
        # A version that serves or has served is not rejected because a release of it fails.
        rejectable=not facts.is_champion and not facts.goes_back,
        outcome="Superseded" if late else "Unchanged",
        recorded=done,
        # A release that goes back has the run id of the earlier release, and records it again.
        finished_by=finished_by(before),
        step=step,
    )


def _check(request: ReleasePlannerRequest, release: ReleaseInput, facts: Facts) -> None:
    """Refuse an endpoint that must not be changed now, and golden checks without their files."""
    live, experiment = facts.live, facts.experiment
    trials.check_free(request, release, facts.package, experiment, live)
    check_live(live, request.settings.endpoint, in_trial=trials.serves(experiment, live))
    if _asks_golden(request, facts):
        serves_another = live is not None and not facts.is_champion
        facts.golden.check(_uri(request, "golden", ""), serves_another=serves_another)


def _asks_golden(request: ReleasePlannerRequest, facts: Facts) -> bool:
    return request.settings.golden is not None and not facts.goes_back


def _work(request: ReleasePlannerRequest, facts: Facts) -> ReleaseWork:
    """The steps before the endpoint is changed."""
    package, look_up = facts.package, facts.look_up
    model = _step(
        request,
        "CreateModel",
        package.arn,
        package.image,
        package.artifact,
        dict(package.environment),
        package.metadata["program"],
    )
    serving = find_step_job(request.model, "serving", model, look_up.model)
    config = find_step_job(
        request.model, "config", _step(request, "CreateConfig", serving.name), look_up.config
    )
    created = {"CreateModel": [serving.job]}
    configured = {"CreateConfig": [config.job]}
    names = {"CreateModel": serving.name, "CreateConfig": config.name}
    rows, expected = facts.golden.rows, facts.golden.expected
    if not _asks_golden(request, facts) or rows is None or expected is None:
        checks = NONE_RECORDED if _asks_golden(request, facts) else NOT_ASKED
        return ReleaseWork(
            data_version="none",
            golden_checks=SERVED_BEFORE if facts.goes_back else checks,
            jobs=created | configured,
            names=names,
        )
    version = data_version([rows])
    score = _step(request, "ScoreGolden", model, version)
    read = digest_sections("golden", golden_plan(request, rows, package))
    check = _step(request, "CheckGolden", score, read, data_version([expected]))
    scored = find_step_job(request.model, "scoregold", score, look_up.transform)
    checked = find_step_job(request.model, "compare", check, look_up.processing)
    return ReleaseWork(
        data_version=version,
        golden_checks=PASSED,
        jobs={**created, "ScoreGolden": [scored.job], "CheckGolden": [checked.job], **configured},
        names={**names, "ScoreGolden": scored.name, "CheckGolden": checked.name},
        uris={
            "scores": _uri(request, "golden-scores", score[:20], ""),
            "report": _uri(request, "quality", check[:20], "golden/"),
        },
        verdicts={"CheckGolden": ("GoldenVerdict", verdict(checked.job))},
    )


def _step(request: ReleasePlannerRequest, name: str, *parts: object) -> str:
    """Digest of a step's work."""
    return digest(request.requests[name], request.bound, *parts)


def _uri(request: ReleasePlannerRequest, *path: str) -> str:
    return f"s3://{request.home.bucket}/" + "/".join(path)


def _state_after_refusal(
    request: ReleasePlannerRequest, live: LiveEndpoint | None, state: EndpointState
) -> EndpointState:
    """The endpoint's state, or `Refused` when an update was refused and scaling has to be restored.

    Raises:
        PlanningError: with the API's error, when no other execution caused it and there is nothing to undo.
    """
    taken = request.taken
    if taken is None or state != _UNCHANGED.get(taken.step):
        return state
    if not lacks_scaling(live, request.settings.endpoint):
        raise met(taken)
    # Scaling was deregistered for this update: the machine registers it again before it fails.
    return "Refused"


def _trial(request: ReleasePlannerRequest, facts: Facts, step: str, serving_model: str) -> TrialPlan:
    settings, champion = request.settings.experiment, facts.champion
    if settings is None:
        return TrialPlan(step="Skip")
    if step != "Deploy" or facts.live is None:
        return TrialPlan(step="Again")
    return trials.plan_trial(
        request,
        settings,
        live=facts.live,
        experiment=facts.experiment,
        forward=champion is not None and champion.version < facts.package.version,
        serving_model=serving_model,
        look_up=facts.look_up.config,
        now=facts.now,
    )
