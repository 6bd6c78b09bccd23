"""Decides what a training on channels does. Pure functions of what the handler looked up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lambdas.aws.artifacts import artifact_uri
from lambdas.aws.registry import LookUps
from lambdas.planning.champion import check_model
from lambdas.planning.channels import data_input
from lambdas.planning.execution_plan import finished_by, planned_step
from lambdas.planning.sources import SourceFile, data_version
from lambdas.planning.steps import StepJob, digest, digest_sections, find_step_job, verdict
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.job_plan import ChampionSection, DataSection, JobPlan
from mdlc_constructs.settings.payloads.planning import ScoringJob
from mdlc_constructs.settings.payloads.training import ChannelTrainingRequest, TrainingPlan


@dataclass(frozen=True, kw_only=True)
class ChannelWork:
    """Digests of an execution's steps, each of everything that the step's result depends on.

    Attributes:
        score: empty without a holdout.
        evaluate: of the gate and what it judges.
    """

    data: str
    quality: str
    train: str
    model: str
    score: str
    evaluate: str
    run: str


def job_plan(
    request: ChannelTrainingRequest, files: Sequence[SourceFile], champion: ChampionSection | None
) -> JobPlan:
    """The `plan.json` of the execution's jobs, without the run id, which is derived from it."""
    settings = request.settings
    return JobPlan(
        workflow="training",
        model=request.model,
        dataset=settings.dataset,
        channels=settings.channels,
        gate=settings.gate,
        evaluation=settings.evaluation,
        data=DataSection(version=data_version(files), files=tuple(file.to_plan() for file in files)),
        champion=champion,
        algorithm=settings.algorithm,
        code_version=settings.code_version,
    )


def work(request: ChannelTrainingRequest, body: JobPlan) -> ChannelWork:
    """The digests of the execution's steps.

    The holdout is not part of the digest for training, and the champion only of those for scoring and
    evaluating, so that neither causes the same model to be trained again.
    """

    def step(name: str, *parts: object) -> str:
        return digest(request.requests[name], request.bound, *parts)

    holdout = request.settings.channels.holdout
    unseen = f"{data_input(holdout)}/" if holdout else None
    seen = [encode(file) for file in body.data.files if not (unseen and file.name.startswith(unseen))]
    quality = step("CheckQuality", digest_sections("channels", body))
    train = step("Train", seen)
    model = step("CreateModel", train)
    if not holdout:
        judged = digest(quality, model, encode(request.settings.gate))
        return ChannelWork(
            data=body.data.version,
            quality=quality,
            train=train,
            model=model,
            score="",
            evaluate=judged,
            run=judged[:16],
        )
    rival = encode(body.champion) if body.champion else None
    sections = digest_sections("evaluate", body)
    run = step("Evaluate", quality, model, {**sections, "champion": None})[:16]
    score = step("ScoreHoldout", model, quality, rival)
    return ChannelWork(
        data=body.data.version,
        quality=quality,
        train=train,
        model=model,
        score=score,
        evaluate=step("Evaluate", score, sections, run),
        run=run,
    )


def locations(bucket: str, digests: ChannelWork, names: Mapping[str, str]) -> dict[str, str]:
    """The S3 URIs of an execution's files and folders; folders end with a slash."""

    def at(*path: str) -> str:
        return f"s3://{bucket}/" + "/".join(path)

    split = at("splits", digests.quality[:20], "split", "")
    return {
        "report": at("quality", digests.quality[:20], "report/"),
        "split": split,
        "holdout": split + "holdout/",
        "keys": split + "holdout_keys/",
        "training": at("training", ""),
        "artifact": artifact_uri(bucket, names["Train"]),
        "scores": at("scores", digests.score[:20], "") if digests.score else "",
        "evaluation": at("evaluations", digests.evaluate[:20], "") if digests.score else "",
    }


def decide(
    request: ChannelTrainingRequest,
    body: JobPlan,
    digests: ChannelWork,
    recorded: Mapping[str, str] | None,
    look_up: LookUps,
) -> TrainingPlan:
    """The plan of the execution: names, URIs, and the next state.

    Args:
        body: the `plan.json` of its jobs (`job_plan`).
        recorded: this run's audit item; None when the run was not finished before.

    Raises:
        ChampionLost: when the champion's SageMaker model was deleted, so that it cannot be compared with.
    """
    steps = _step_jobs(request.model, digests, look_up)
    names = {step: entry.name for step, entry in steps.items()}
    uris = locations(request.home.bucket, digests, names)
    jobs = {step: [entry.job] for step, entry in steps.items()}
    scoring = _scoring(request.model, digests, body.champion, steps, look_up)
    if digests.score:
        jobs["ScoreHoldout"] = [entry.job for _, _, entry in scoring]
    quality = verdict(steps["CheckQuality"].job)
    step = planned_step(
        request,
        jobs,
        verdicts={"CheckQuality": ("QualityVerdict", quality)},
        last="Register" if digests.score else "Evaluate",
        recorded=recorded,
    )
    champion = body.champion
    if step != "Done" and champion:
        check_model(champion, look_up.model(champion.model))
    return TrainingPlan(
        run=digests.run,
        data_version=digests.data,
        names=names,
        uris=uris,
        token=digests.evaluate[:36],
        scoring=tuple(
            ScoringJob(job=entry.name, model=model, input=uris["holdout"], output=f"{uris['scores']}{who}/")
            for who, model, entry in scoring
            if entry.job.status == "Absent"
        ),
        quality=quality,
        gate=verdict(steps["Evaluate"].job) if digests.score else None,
        recorded=dict(recorded) if recorded else None,
        finished_by=finished_by(recorded),
        step=step,
    )


def _step_jobs(model: str, digests: ChannelWork, look_up: LookUps) -> dict[str, StepJob]:
    """The current job of each step, in the order of the steps."""
    steps = {
        "CheckQuality": ("quality", digests.quality, look_up.processing),
        "Train": ("train", digests.train, look_up.training),
        "CreateModel": ("model", digests.model, look_up.model),
    }
    if digests.score:
        steps["ScoreHoldout"] = ("score", digests.score, look_up.transform)
        steps["Evaluate"] = ("evaluate", digests.evaluate, look_up.processing)
    return {state: find_step_job(model, *step) for state, step in steps.items()}


def _scoring(
    model: str,
    digests: ChannelWork,
    champion: ChampionSection | None,
    steps: Mapping[str, StepJob],
    look_up: LookUps,
) -> list[tuple[str, str, StepJob]]:
    """The transform jobs that score the holdout: whose, the SageMaker model, and the job."""
    if not digests.score:
        return []
    challenger = ("challenger", steps["CreateModel"].name, steps["ScoreHoldout"])
    if champion is None:
        return [challenger]
    rival = find_step_job(model, "scorerival", digests.score, look_up.transform)
    return [challenger, ("champion", champion.model, rival)]
