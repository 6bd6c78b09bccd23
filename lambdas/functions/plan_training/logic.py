"""What a training execution does: pure decisions over what was looked up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.planning.errors import ChampionLost
from lambdas.planning.execution_plan import finished_by, next_state, passed
from lambdas.planning.intervals import resolve_split
from lambdas.planning.sources import SourceFile, data_version
from lambdas.planning.steps import Job, Standing, digest, read_by, standing, verdict
from mdlc_constructs.settings.payloads.codec import decode, encode
from mdlc_constructs.settings.payloads.job_plan import (
    ChampionSection,
    DataSection,
    DatasetSection,
    EvaluationSection,
    GateSection,
    JobPlan,
    QualitySection,
    SplitSection,
)
from mdlc_constructs.settings.payloads.moments import Interval

LookUp = Callable[[str], Job]


@dataclass(frozen=True, kw_only=True)
class LookUps:
    """What stands behind a name, by kind of resource."""

    processing: LookUp
    training: LookUp
    transform: LookUp
    model: LookUp


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The package whose answers are in use, as the audit table points to it."""

    package_arn: str
    version: int
    model: str
    program: Mapping[str, Any]

    def to_plan(self) -> ChampionSection:
        """As `plan.json` carries it: the program is small and travels inside."""
        return ChampionSection(
            package_arn=self.package_arn,
            version=self.version,
            model=self.model,
            program=dict(self.program),
        )


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """One model that scores the holdout."""

    who: str
    found: Standing
    model: str
    input: str


@dataclass(frozen=True, kw_only=True)
class Work:
    """Digests of an execution's steps, each over everything its result depends on."""

    data: str
    quality: str
    features: str
    train: str
    model: str
    score: str
    evaluate: str
    run: str


def work(event: Mapping[str, Any], files: Sequence[SourceFile], champion: Champion | None) -> Work:
    """Digest the execution's work.

    The champion is part of what is prepared, scored and evaluated, and of neither training nor the run: a
    champion that moved does not train the same model again.
    """
    requests, bound, plan = event["requests"], event["bound"], job_plan(event, files, champion)
    rival = encode(plan.champion) if plan.champion else None

    def step(name: str, *parts: object) -> str:
        return digest(requests[name], bound, *parts)

    quality = step("CheckQuality", read_by("quality", plan))
    prepared = step("PrepareFeatures", {**read_by("features", plan), "champion": None})
    train = step("Train", prepared)
    model = step("CreateModel", train)
    score = step("ScoreHoldout", model, rival)
    evaluation = {**read_by("evaluate", plan), "champion": None}
    run = step("Evaluate", quality, model, evaluation)[:16]
    return Work(
        data=plan.data.version,
        quality=quality,
        # Training sees the split alone; the job that writes it prepares the champion's holdout beside it.
        features=digest(prepared, rival),
        train=train,
        model=model,
        score=score,
        # The baseline lies below the run, which other rules of quality change.
        evaluate=step("Evaluate", score, read_by("evaluate", plan), run),
        run=run,
    )


def job_plan(event: Mapping[str, Any], files: Sequence[SourceFile], champion: Champion | None) -> JobPlan:
    """The `plan.json` of the execution's jobs, but for the run, which follows from it."""
    settings, given = event["settings"], event["input"]
    split, dataset = decode(SplitSection, settings["split"]), decode(DatasetSection, settings["dataset"])
    window, holdout = (
        decode(Interval, given[name], where=name) if given.get(name) else None
        for name in ("window", "holdout")
    )
    return JobPlan(
        workflow="training",
        model=event["model"],
        dataset=dataset,
        quality=decode(QualitySection, settings["quality"]),
        split=resolve_split(split, window, holdout),
        gate=decode(GateSection, settings["gate"]),
        evaluation=decode(EvaluationSection, settings["evaluation"]),
        data=DataSection(
            version=data_version(files), uri=dataset.uri, files=tuple(file.to_plan() for file in files)
        ),
        champion=champion.to_plan() if champion else None,
    )


def artifact_uri(bucket: str, training: str) -> str:
    """Where the artifact of a training lies, as SageMaker places that of a training job of this name."""
    return f"s3://{bucket}/training/{training}/output/model.tar.gz"


def locations(bucket: str, made: Work, names: Mapping[str, str]) -> dict[str, str]:
    """Where everything of an execution lies, as S3 URIs; folders end with a slash."""

    def at(*path: str) -> str:
        return f"s3://{bucket}/" + "/".join(path)

    split = at("splits", made.features[:20])
    return {
        "report": at("quality", made.quality[:20], "report/"),
        "quarantine": at("quarantine", made.quality[:20], ""),
        "split": split + "/split/",
        "train": split + "/split/train/",
        "validation": split + "/split/validation/",
        "holdout": split + "/split/holdout/",
        "keys": split + "/split/holdout_keys/",
        "trained_on": split + "/split/baseline/",
        "program": split + "/program/",
        "training": at("training", ""),
        "artifact": artifact_uri(bucket, names["Train"]),
        "scores": at("scores", made.score[:20], ""),
        "evaluation": at("evaluations", made.evaluate[:20], ""),
        "baseline": at("baselines", made.run, ""),
    }


def decide(
    event: Mapping[str, Any],
    files: Sequence[SourceFile],
    champion: Champion | None,
    recorded: Mapping[str, Any] | None,
    look_up: LookUps,
) -> dict[str, Any]:
    """The plan of the execution: names, places, and the state to go on with.

    Args:
        event: the machine's payload: settings, request digests, bound values, input.
        recorded: the audit table's entry of this very run when it was finished before.

    Returns:
        What the machine keeps as its variable `$plan`. `step` names the state to go on with, `Wait` when
        another execution is at the same work, or `Done` when nothing is left to do.
    """
    model, made = event["model"], work(event, files, champion)

    def stand(step: str, step_digest: str, looking: LookUp) -> Standing:
        return standing(model, step, step_digest, looking)

    steps = {
        "CheckQuality": stand("quality", made.quality, look_up.processing),
        "PrepareFeatures": stand("features", made.features, look_up.processing),
        "Train": stand("train", made.train, look_up.training),
        "CreateModel": stand("model", made.model, look_up.model),
        "ScoreHoldout": stand("score", made.score, look_up.transform),
        "Evaluate": stand("evaluate", made.evaluate, look_up.processing),
    }
    names = {step: found.name for step, found in steps.items()}
    uris = locations(event["home"]["bucket"], made, names)
    scoring = [
        Scoring(
            who="challenger",
            found=steps["ScoreHoldout"],
            model=names["CreateModel"],
            input=uris["holdout"],
        )
    ]
    if champion:
        scoring.append(
            Scoring(
                who="champion",
                found=stand("scorerival", made.score, look_up.transform),
                model=champion.model,
                input=uris["split"] + "champion/",
            )
        )
    jobs: dict[str, list[Job]] = {step: [found.job] for step, found in steps.items()}
    jobs["ScoreHoldout"] = [entry.found.job for entry in scoring]
    plan: dict[str, Any] = {
        "run": made.run,
        "data_version": made.data,
        "names": names,
        "uris": uris,
        # A moved champion changes the evaluation that the package is registered with, and so the request.
        "token": made.evaluate[:36],
        "scoring": [
            {
                "job": entry.found.name,
                "model": entry.model,
                "input": entry.input,
                "output": uris["scores"] + entry.who + "/",
            }
            for entry in scoring
            if entry.found.job.status == "Absent"
        ],
        "quality": verdict(steps["CheckQuality"].job),
        "gate": verdict(steps["Evaluate"].job),
        "recorded": dict(recorded) if recorded else None,
        "finished_by": finished_by(recorded),
    }
    refused = {} if passed(plan["quality"]) else {"CheckQuality": "QualityVerdict"}
    plan["step"] = (
        "Done"
        if recorded
        else next_state(
            jobs,
            refused=refused,
            last="Register",
            taken=event.get("taken"),
            replaced=event.get("replaced", ()),
        )
    )
    if plan["step"] != "Done" and champion and look_up.model(champion.model).status == "Absent":
        raise ChampionLost(
            f"The champion (version {champion.version}) has lost its model {champion.model}: run batch "
            f"inference with package_version {champion.version}, which makes it anew, or reject that version."
        )
    return plan
