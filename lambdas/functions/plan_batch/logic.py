"""Decides what a batch inference execution does. Pure functions of what the handler looked up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lambdas.aws.packages import Package
from lambdas.aws.registry import LookUps
from lambdas.planning.errors import NoPackage
from lambdas.planning.execution_plan import finished_by, planned_step
from lambdas.planning.sources import SourceFile, data_version
from lambdas.planning.steps import StepJob, digest, digest_sections, find_step_job, verdict
from mdlc_constructs.settings.payloads.batch import BatchPlan, BatchPlannerRequest
from mdlc_constructs.settings.payloads.job_plan import DataSection, JobPlan, PackageSection
from mdlc_constructs.settings.payloads.planning import ScoringJob


def shards(files: Sequence[SourceFile], bound: int) -> dict[str, str]:
    """The shard of each file by name, for at most `bound` shards of about the same size in bytes.

    Each file, the largest first, goes to the smallest shard so far. The result does not depend on the order
    of the files.
    """
    load = dict.fromkeys((f"{number:02d}" for number in range(min(bound, len(files)))), 0)
    chosen = {}
    for file in sorted(files, key=lambda f: (-f.size, f.name)):
        shard = min(load, key=lambda name: (load[name], name))
        load[shard] += max(file.size, 1)
        chosen[file.name] = shard
    return chosen


def job_plan(
    request: BatchPlannerRequest,
    files: Sequence[SourceFile],
    package: Package,
    shard_of: Mapping[str, str],
) -> JobPlan:
    """The `plan.json` of the execution's jobs, without the run id, which is derived from it, and the time.

    Args:
        shard_of: each file's shard.
    """
    settings = request.settings
    return JobPlan(
        workflow="batch",
        model=request.model,
        dataset=settings.dataset,
        quality=settings.quality,
        data=DataSection(
            version=data_version(files),
            uri=settings.dataset.uri,
            files=tuple(file.to_plan(shard_of[file.name]) for file in files),
        ),
        package=PackageSection(arn=package.arn, version=package.version),
        delivery=settings.delivery,
    )


@dataclass(frozen=True, kw_only=True)
class BatchWork:
    """Digests of an execution's steps, each of everything that the step's result depends on."""

    data: str
    quality: str
    prepare: str
    score: str
    check: str

    @property
    def run(self) -> str:
        """The run id: a digest of the whole work."""
        return digest(self.quality, self.check)[:16]


def work(request: BatchPlannerRequest, body: JobPlan, package: Package) -> BatchWork:
    """The digests of the execution's steps.

    Args:
        body: the `plan.json` of its jobs (`job_plan`).
    """

    def step(name: str, *parts: object) -> str:
        return digest(request.requests[name], request.bound, *parts)

    # Only rules on outliers compare the input with the package's baseline.
    compared = [baseline_of(package)] if body.quality is not None and body.quality.outliers else []
    quality = step("CheckInput", digest_sections("quality", body), *compared)
    prepare = step("PrepareInput", digest_sections("prepare", body), package.metadata["program"])
    score = step("ScoreInput", prepare, package.metadata["model"])
    # The same job writes the files to deliver, so that changed delivery settings run it again. Its output's
    # key contains the run id, which depends on the input's quality rules, so `quality` is part of it.
    check = step("CheckOutput", score, digest_sections("check", body), quality)
    return BatchWork(data=body.data.version, quality=quality, prepare=prepare, score=score, check=check)


def baseline_of(package: Package) -> str:
    """The S3 URI of the folder of the package's baseline.

    Raises:
        NoPackage: when the package has none.
    """
    uri = package.metadata.get("baseline", "")
    if not uri:
        raise NoPackage(
            f"{package.arn} has no 'baseline' in its metadata, with which rules on outliers compare: train "
            "again, or leave out quality.outliers."
        )
    return uri


def decide(
    request: BatchPlannerRequest,
    body: JobPlan,
    shard_of: Mapping[str, str],
    package: Package,
    recorded: Callable[[str], Mapping[str, str] | None],
    look_up: LookUps,
) -> BatchPlan:
    """The plan of the execution: names, URIs, and the next state.

    Args:
        body: the `plan.json` of its jobs (`job_plan`).
        shard_of: each file's shard.
        recorded: takes a run's digest; returns its audit item, or None when the run is not finished.
    """
    model, digests = request.model, work(request, body, package)
    checked = find_step_job(model, "input", digests.quality, look_up.processing)
    prepared = find_step_job(model, "prepare", digests.prepare, look_up.processing)
    scored = {
        shard: find_step_job(model, f"score{shard}", digests.score, look_up.transform)
        for shard in sorted(set(shard_of.values()))
    }
    output = find_step_job(model, "output", digests.check, look_up.processing)
    done = recorded(digests.run)
    quality_verdict, output_verdict = verdict(checked.job), verdict(output.job)
    step = planned_step(
        request,
        {
            "CreateModel": [look_up.model(package.metadata["model"])],
            "CheckInput": [checked.job],
            "PrepareInput": [prepared.job],
            "ScoreInput": [entry.job for entry in scored.values()],
            "CheckOutput": [output.job],
        },
        verdicts={
            "CheckInput": ("InputVerdict", quality_verdict),
            "CheckOutput": ("OutputVerdict", output_verdict),
        },
        last="OutputVerdict",
        recorded=done,
    )
    return BatchPlan(
        run=digests.run,
        data_version=digests.data,
        step=step,
        names={"CheckInput": checked.name, "PrepareInput": prepared.name, "CheckOutput": output.name},
        package=package.planned,
        uris=_uris(request, digests, package),
        keys=_keys(request, digests.run),
        scoring=_scoring(request, digests, package, scored),
        quality=quality_verdict,
        output=output_verdict,
        recorded=dict(done) if done else None,
        finished_by=finished_by(done),
    )


def _uri(request: BatchPlannerRequest, *path: str) -> str:
    return f"s3://{request.home.bucket}/" + "/".join(path)


def _uris(request: BatchPlannerRequest, digests: BatchWork, package: Package) -> dict[str, str]:
    """The S3 URIs of an execution's files and folders; folders end with a slash."""
    run, prepare = digests.run, digests.prepare[:20]
    uris = {
        "report": _uri(request, "quality", digests.quality[:20], "report/"),
        "quarantine": _uri(request, "quarantine", digests.quality[:20], ""),
        "shards": _uri(request, "prepared", prepare, "shards/"),
        "keys": _uri(request, "prepared", prepare, "keys/"),
        "scores": _uri(request, "scores", digests.score[:20], ""),
        "staged": _uri(request, "staged", run, ""),
        "parts": _uri(request, "predictions", run, "parts/"),
        "manifest": _uri(request, "predictions", run, "manifest.json"),
    }
    if request.settings.delivery:
        uris["delivery"] = _uri(request, "deliveries", run, "")
    if request.settings.quality.outliers:
        uris["baseline"] = baseline_of(package)
    return {"data": request.settings.dataset.uri, **uris}


def _keys(request: BatchPlannerRequest, run: str) -> dict[str, str]:
    keys = {
        "staged": f"staged/{run}/manifest.json",
        "manifest": f"predictions/{run}/manifest.json",
    }
    if request.settings.delivery:
        keys["delivery"] = f"deliveries/{run}/"
    return keys


def _scoring(
    request: BatchPlannerRequest, digests: BatchWork, package: Package, scored: Mapping[str, StepJob]
) -> tuple[ScoringJob, ...]:
    """The transform jobs still to be started, one per shard."""
    return tuple(
        ScoringJob(
            job=entry.name,
            model=package.metadata["model"],
            input=_uri(request, "prepared", digests.prepare[:20], "shards", shard, ""),
            output=_uri(request, "scores", digests.score[:20], shard, ""),
            records=package.records,
        )
        for shard, entry in scored.items()
        if entry.job.status == "Absent"
    )
