"""Decides what a batch inference on files does. Pure functions of what the handler looked up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from lambdas.aws.packages import Package
from lambdas.aws.registry import LookUps
from lambdas.planning.errors import InvalidInput
from lambdas.planning.execution_plan import finished_by, planned_step
from lambdas.planning.sources import SourceFile, data_version
from lambdas.planning.steps import StepJob, digest, digest_sections, find_step_job, verdict
from mdlc_constructs.settings.payloads.batch import BatchPlan, ChannelBatchRequest
from mdlc_constructs.settings.payloads.job_plan import DataSection, JobPlan, PackageSection
from mdlc_constructs.settings.payloads.planning import ScoringJob


def below(request: ChannelBatchRequest, prefix: str) -> ChannelBatchRequest:
    """The request for the files below a prefix of the channel alone."""
    section = request.settings.channels
    channels = tuple(replace(channel, uri=channel.uri + prefix) for channel in section.channels)
    settings = replace(request.settings, channels=replace(section, channels=channels))
    return replace(request, settings=settings)


def job_plan(request: ChannelBatchRequest, files: Sequence[SourceFile], package: Package) -> JobPlan:
    """The `plan.json` of the execution's jobs, without the run id, which is derived from it, and the time.

    Raises:
        InvalidInput: when two files have one name, because a transform job may write their answers to one
            object.
    """
    names: dict[str, str] = {}
    for file in files:
        other = names.setdefault(PurePosixPath(file.name).name, file.name)
        if other != file.name:
            shown = " and ".join(name.partition("/")[2] for name in (other, file.name))
            raise InvalidInput(
                f"The files {shown} have one name, by which their answers are found: rename one of them, or "
                "give prefix, a folder with one of them."
            )
    settings = request.settings
    return JobPlan(
        workflow="batch",
        model=request.model,
        dataset=settings.dataset,
        channels=settings.channels,
        data=DataSection(version=data_version(files), files=tuple(file.to_plan() for file in files)),
        package=PackageSection(arn=package.arn, version=package.version),
    )


@dataclass(frozen=True, kw_only=True)
class FilesWork:
    """Digests of an execution's steps, each of everything that the step's result depends on."""

    data: str
    quality: str
    score: str
    check: str

    @property
    def run(self) -> str:
        """The run id: a digest of the whole work."""
        return digest(self.quality, self.check)[:16]


def work(request: ChannelBatchRequest, body: JobPlan, package: Package) -> FilesWork:
    """The digests of the execution's steps.

    Args:
        body: the `plan.json` of its jobs (`job_plan`).
    """

    def step(name: str, *parts: object) -> str:
        return digest(request.requests[name], request.bound, *parts)

    quality = step("CheckInput", digest_sections("channels", body))
    score = step(
        "ScoreInput", body.data.version, request.settings.channels.channels[0].uri, package.metadata["model"]
    )
    check = step("CheckOutput", score, digest_sections("answers", body), quality)
    return FilesWork(data=body.data.version, quality=quality, score=score, check=check)


def decide(
    request: ChannelBatchRequest,
    body: JobPlan,
    package: Package,
    recorded: Callable[[str], Mapping[str, str] | None],
    look_up: LookUps,
) -> BatchPlan:
    """The plan of the execution: names, URIs, and the next state.

    Args:
        body: the `plan.json` of its jobs (`job_plan`).
        recorded: takes a run's digest; returns its audit item, or None when the run is not finished.
    """
    model, digests = request.model, work(request, body, package)
    checked = find_step_job(model, "input", digests.quality, look_up.processing)
    scored = find_step_job(model, "score", digests.score, look_up.transform)
    output = find_step_job(model, "output", digests.check, look_up.processing)
    done = recorded(digests.run)
    quality_verdict, output_verdict = verdict(checked.job), verdict(output.job)
    step = planned_step(
        request,
        {
            "CreateModel": [look_up.model(package.metadata["model"])],
            "CheckInput": [checked.job],
            "ScoreInput": [scored.job],
            "CheckOutput": [output.job],
        },
        verdicts={
            "CheckInput": ("InputVerdict", quality_verdict),
            "CheckOutput": ("OutputVerdict", output_verdict),
        },
        last="OutputVerdict",
        recorded=done,
    )
    uris = _uris(request, digests)
    return BatchPlan(
        run=digests.run,
        data_version=digests.data,
        step=step,
        names={"CheckInput": checked.name, "CheckOutput": output.name},
        package=package.planned,
        uris=uris,
        keys={
            "staged": f"staged/{digests.run}/manifest.json",
            "manifest": f"predictions/{digests.run}/manifest.json",
        },
        scoring=_scoring(package, scored, uris),
        quality=quality_verdict,
        output=output_verdict,
        recorded=dict(done) if done else None,
        finished_by=finished_by(done),
    )


def _uris(request: ChannelBatchRequest, digests: FilesWork) -> dict[str, str]:
    """The S3 URIs of an execution's files and folders; folders end with a slash."""

    def at(*path: str) -> str:
        return f"s3://{request.home.bucket}/" + "/".join(path)

    return {
        "data": request.settings.channels.channels[0].uri,
        "report": at("quality", digests.quality[:20], "report/"),
        "scores": at("scores", digests.score[:20], ""),
        "staged": at("staged", digests.run, ""),
        "parts": at("predictions", digests.run, "parts/"),
        "manifest": at("predictions", digests.run, "manifest.json"),
    }


def _scoring(package: Package, scored: StepJob, uris: Mapping[str, str]) -> tuple[ScoringJob, ...]:
    """The transform job, when it is still to be started."""
    if scored.job.status != "Absent":
        return ()
    return (
        ScoringJob(
            job=scored.name, model=package.metadata["model"], input=uris["data"], output=uris["scores"]
        ),
    )
