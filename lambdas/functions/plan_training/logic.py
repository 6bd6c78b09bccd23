"""Decides what a training execution does. Pure functions of what the handler looked up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lambdas.aws.artifacts import artifact_uri, trials_uri
from lambdas.aws.registry import LookUp, LookUps
from lambdas.planning.champion import check_model
from lambdas.planning.execution_plan import finished_by, planned_step
from lambdas.planning.intervals import resolve_split
from lambdas.planning.sources import SourceFile, data_version
from lambdas.planning.steps import Job, StepJob, digest, digest_sections, find_step_job, verdict
from lambdas.planning.tuning_jobs import TuningLookUps, find_tuning
from mdlc_constructs.settings.payloads.codec import JsonValue, encode
from mdlc_constructs.settings.payloads.job_plan import ChampionSection, DataSection, JobPlan
from mdlc_constructs.settings.payloads.planning import ScoringJob
from mdlc_constructs.settings.payloads.records import RecordsSection, RecordTypes
from mdlc_constructs.settings.payloads.training import TrainingInput, TrainingPlan, TrainingPlannerRequest


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The model package that the audit table's champion pointer names, with its feature program.

    Attributes:
        records: the types of the records that a transform job scores, and of its answers.
    """

    package_arn: str
    version: int
    model: str
    program: Mapping[str, JsonValue]
    records: RecordTypes = field(default_factory=RecordTypes)

    def to_plan(self) -> ChampionSection:
        """The champion as `plan.json` holds it, with the whole program, which is small."""
        return ChampionSection(
            package_arn=self.package_arn,
            version=self.version,
            model=self.model,
            program=dict(self.program),
        )


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """A transform job that scores the holdout with one model.

    Attributes:
        who: `challenger` or `champion`.
        standing: the transform job.
        model: name of the SageMaker model.
        input: S3 URI of the holdout's features for this model.
        records: their types, and those of the answers.
    """

    who: str
    standing: StepJob
    model: str
    input: str
    records: RecordTypes


@dataclass(frozen=True, kw_only=True)
class TrainingWork:
    """Digests of an execution's steps, each of everything that the step's result depends on."""

    data: str
    quality: str
    features: str
    train: str
    model: str
    score: str
    evaluate: str
    run: str
    export: str = ""


def work(request: TrainingPlannerRequest, body: JobPlan) -> TrainingWork:
    """The digests of the execution's steps.

    The champion is part of the digests for preparing, scoring and evaluating, but not of those for training
    and the run, so that a new champion does not cause the same model to be trained again. The settings of
    permutation importance are not part of the digest for training either.

    Args:
        body: the `plan.json` of its jobs (`job_plan`).
    """
    rival = encode(body.champion) if body.champion else None

    def step(name: str, *parts: object) -> str:
        return digest(request.requests[name], request.bound, *parts)

    quality = step("CheckQuality", digest_sections("quality", body))
    importance = encode(body.importance) if body.importance else None
    sections = {**digest_sections("features", body), "champion": None, "importance": None}
    prepared = step("PrepareFeatures", sections)
    train = step("Train", prepared)
    model = step("CreateModel", train)
    score = step("ScoreHoldout", model, rival, importance)
    evaluation = {**digest_sections("evaluate", body), "champion": None}
    # The champion's answers, which `score` depends on, are not exported.
    export = step("Export", model, digest_sections("export", body)) if "Export" in request.requests else ""
    run = step("Evaluate", quality, model, evaluation, *([export] if export else []))[:16]
    return TrainingWork(
        data=body.data.version,
        quality=quality,
        # Training reads only the split; the job that writes it also prepares the champion's holdout and the
        # permuted rows.
        features=digest(prepared, rival, importance),
        train=train,
        model=model,
        score=score,
        # The baseline's key contains the run id, which changes with the quality rules.
        evaluate=step("Evaluate", score, digest_sections("evaluate", body), run),
        run=run,
        export=export,
    )


def job_plan(
    request: TrainingPlannerRequest,
    training: TrainingInput,
    files: Sequence[SourceFile],
    champion: Champion | None,
) -> JobPlan:
    """The `plan.json` of the execution's jobs, without the run id, which is derived from it."""
    settings = request.settings
    return JobPlan(
        workflow="training",
        model=request.model,
        dataset=settings.dataset,
        quality=settings.quality,
        split=resolve_split(settings.split, training, has_time=settings.dataset.timestamp is not None),
        gate=settings.gate,
        evaluation=settings.evaluation,
        data=DataSection(
            version=data_version(files),
            uri=settings.dataset.uri,
            files=tuple(file.to_plan() for file in files),
        ),
        champion=champion.to_plan() if champion else None,
        importance=settings.importance,
        algorithm=settings.algorithm,
        export=settings.export,
        code_version=settings.code_version,
        records=settings.records,
    )


def locations(bucket: str, digests: TrainingWork, names: Mapping[str, str]) -> dict[str, str]:
    """The S3 URIs of an execution's files and folders; folders end with a slash."""

    def at(*path: str) -> str:
        return f"s3://{bucket}/" + "/".join(path)

    split = at("splits", digests.features[:20])
    return {
        "report": at("quality", digests.quality[:20], "report/"),
        "quarantine": at("quarantine", digests.quality[:20], ""),
        "split": split + "/split/",
        "train": split + "/split/train/",
        "validation": split + "/split/validation/",
        "holdout": split + "/split/holdout/",
        "keys": split + "/split/holdout_keys/",
        "manifest": split + "/split/manifest.json",
        "trained_on": split + "/split/baseline/",
        "program": split + "/program/",
        "training": at("training", ""),
        "artifact": artifact_uri(bucket, names["Train"]),
        "trials": trials_uri(bucket, names["Train"]),
        "scores": at("scores", digests.score[:20], ""),
        "evaluation": at("evaluations", digests.evaluate[:20], ""),
        **({"export": at("exports", digests.export[:20], "")} if digests.export else {}),
        "baseline": at("baselines", digests.run, ""),
    }


def decide(
    request: TrainingPlannerRequest,
    digests: TrainingWork,
    champion: Champion | None,
    recorded: Mapping[str, str] | None,
    look_up: LookUps,
    tunings: TuningLookUps | None = None,
) -> TrainingPlan:
    """The plan of the execution: names, URIs, and the next state.

    Args:
        recorded: this run's audit item; None when the run was not finished before.
        tunings: looks up tunings; only of a training that has one.

    Raises:
        ChampionLost: when the champion's SageMaker model was deleted, so that it cannot be compared with.
    """
    steps = _standings(request.model, digests, look_up)
    tuning, outcome = None, None
    if request.settings.tuning is not None and tunings is not None:
        steps["Train"], tuning = find_tuning(
            request.model, digests.train, request.settings.tuning, tunings.job
        )
        if steps["Train"].job.status == "Completed":
            outcome = tunings.outcome(trials_uri(request.home.bucket, steps["Train"].name))
    names = {step: entry.name for step, entry in steps.items()}
    uris = locations(request.home.bucket, digests, names)
    scoring = _scoring(request, digests, champion, steps, uris, look_up.transform)
    quality, gate = verdict(steps["CheckQuality"].job), verdict(steps["Evaluate"].job)
    exported = verdict(steps["Export"].job) if "Export" in steps else None
    verdicts = {"CheckQuality": ("QualityVerdict", quality)}
    if "Export" in steps:
        verdicts["Export"] = ("ExportVerdict", exported)
    jobs = {step: [entry.job] for step, entry in steps.items()}
    if tuning is not None and outcome is None:
        # Whatever follows needs the best trial's model, which is copied on the way to this step.
        jobs["CreateModel"] = [Job(status="Absent")]
    jobs["ScoreHoldout"] = [entry.standing.job for entry in scoring]
    step = planned_step(
        request,
        jobs,
        verdicts=verdicts,
        last="Register",
        recorded=recorded,
    )
    if step != "Done" and champion:
        check_model(champion, look_up.model(champion.model))
    return TrainingPlan(
        run=digests.run,
        data_version=digests.data,
        names=names,
        uris=uris,
        # A new champion changes the package's evaluation, and a changed request needs another client token.
        token=digests.evaluate[:36],
        scoring=tuple(
            ScoringJob(
                job=entry.standing.name,
                model=entry.model,
                input=entry.input,
                output=uris["scores"] + entry.who + "/",
                records=entry.records,
            )
            for entry in scoring
            if entry.standing.job.status == "Absent"
        ),
        quality=quality,
        gate=gate,
        export=exported,
        recorded=dict(recorded) if recorded else None,
        finished_by=finished_by(recorded),
        tuning=tuning,
        tuned=outcome,
        step=step,
    )


def _standings(model: str, digests: TrainingWork, look_up: LookUps) -> dict[str, StepJob]:
    """The current job of each step, in the order of the steps."""
    steps = {
        "CheckQuality": ("quality", digests.quality, look_up.processing),
        "PrepareFeatures": ("features", digests.features, look_up.processing),
        "Train": ("train", digests.train, look_up.training),
        "CreateModel": ("model", digests.model, look_up.model),
        "ScoreHoldout": ("score", digests.score, look_up.transform),
        **({"Export": ("export", digests.export, look_up.processing)} if digests.export else {}),
        "Evaluate": ("evaluate", digests.evaluate, look_up.processing),
    }
    return {state: find_step_job(model, *step) for state, step in steps.items()}


def _scoring(
    request: TrainingPlannerRequest,
    digests: TrainingWork,
    champion: Champion | None,
    steps: Mapping[str, StepJob],
    uris: Mapping[str, str],
    transform: LookUp,
) -> list[Scoring]:
    """The transform jobs that score the holdout: the challenger's, and the champion's if there is one."""
    settings = request.settings
    records = settings.records or RecordsSection.usual(settings.dataset.task)
    challenger = Scoring(
        who="challenger",
        standing=steps["ScoreHoldout"],
        model=steps["CreateModel"].name,
        input=uris["holdout"],
        records=records.types,
    )
    if champion is None:
        return [challenger]
    rival = Scoring(
        who="champion",
        standing=find_step_job(request.model, "scorerival", digests.score, transform),
        model=champion.model,
        input=uris["split"] + "champion/",
        records=champion.records,
    )
    return [challenger, rival]
