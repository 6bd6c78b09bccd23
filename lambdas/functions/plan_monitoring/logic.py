"""Decides what a monitoring execution does. Pure functions of what the handler looked up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lambdas.aws.packages import Package
from lambdas.aws.registry import LookUps
from lambdas.functions.plan_monitoring.windows import DueWindow, Window
from lambdas.planning.errors import PlanningError
from lambdas.planning.execution_plan import met, next_state
from lambdas.planning.sources import SourceFile, data_version
from lambdas.planning.steps import DIGEST_LENGTH, Job, StepJob, digest, digest_sections, find_step_job
from lambdas.probing.rows import CaptureFile
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.job_plan import (
    DataSection,
    JobPlan,
    LabelJoin,
    MonitorSection,
    PackageSection,
    PreviousSection,
    PublishedBatch,
)
from mdlc_constructs.settings.payloads.monitoring import (
    MonitoringPlan,
    MonitoringPlannerRequest,
)
from mdlc_constructs.settings.payloads.planning import RefusedCall

STEP = "MonitorWindows"

MAX_ATTEMPTS = 3
"""After this many failed jobs for the same digest a window is skipped, unless the input names it."""


@dataclass(frozen=True, kw_only=True)
class WindowSource:
    """A window with its files, its package and its baseline.

    Attributes:
        package: the package version whose baseline it is compared with; None when nothing was captured.
        baseline: the folder of the baseline; empty without a package.
        problem: why the window cannot be computed, although it has captures or batches.
    """

    due: DueWindow
    captured: tuple[CaptureFile, ...] = ()
    published: tuple[PublishedBatch, ...] = ()
    labels: tuple[SourceFile, ...] = ()
    package: Package | None = None
    baseline: str = ""
    problem: PlanningError | None = None

    @property
    def empty(self) -> bool:
        """Whether the window has neither captures nor published batches."""
        return not self.captured and not self.published

    @property
    def labels_version(self) -> str:
        """The data version of the label files; empty when there are none."""
        return data_version(self.labels) if self.labels else ""

    @property
    def served_version(self) -> str:
        """A digest of the captures and published batches; new labels do not change it."""
        batches = [encode(batch) for batch in self.published]
        return digest([[file.key, file.size] for file in self.captured], batches)[:16]

    def names(self) -> list[str]:
        """Keys of the window's captures and predictions, in the model's bucket."""
        parts = [part for batch in self.published for part in batch.parts]
        return [file.key for file in self.captured] + parts


@dataclass(frozen=True, kw_only=True)
class WindowWork:
    """A window that is to be computed, adopted or only recorded.

    Attributes:
        digest: of everything that its report depends on.
        folder: the folder of its report; empty for a window without one.
        previous: the window that it is compared with, and the folder of its statistics.
        monitor: the monitor job; None for a window without one.
        replay: the transform job that sends captured requests to the package again; None without a replay.
    """

    source: WindowSource
    digest: str
    folder: str = ""
    previous: tuple[Window, str] | None = None
    monitor: StepJob | None = None
    replay: StepJob | None = None

    @property
    def window(self) -> Window:
        """The window."""
        return self.source.due.window


def window_works(
    request: MonitoringPlannerRequest,
    sources: Sequence[WindowSource],
    known: Mapping[Window, str],
    look_up: LookUps,
) -> list[WindowWork]:
    """The windows whose digest differs from the recorded one, in the order of time.

    Args:
        known: the report folder of each recorded window that had rows.
    """
    kind, bucket = request.settings.monitor.kind, request.home.bucket
    folders = dict(known)
    works = []
    for source in sorted(sources, key=lambda source: source.due.window):
        window, record, why = source.due.window, source.due.record, source.due.why
        if source.problem is not None:
            # A window that the input or the schedule asks for records its failure. A missing one does not,
            # because every later execution would record it again.
            if why in ("given", "asked"):
                works.append(WindowWork(source=source, digest=""))
            continue
        earlier = max(
            (other for other in folders if other.end <= window.start),
            key=lambda other: other.end,
            default=None,
        )
        step = window_digest(request, source, earlier)
        if record is not None and record.digest == step:
            continue
        place = "" if source.empty else folder(bucket, kind, window, step)
        job = None if source.empty else find_step_job(request.model, "monitor", step, look_up.processing)
        failures = job.attempt - 1 if job is not None and job.job.status != "Completed" else 0
        if not source.empty and not failures:
            # A recorded window keeps its folder, with the same statistics. A window whose job failed may
            # never have any, so the next window must not be compared with it.
            folders.setdefault(window, place)
        if failures >= MAX_ATTEMPTS and why != "given":
            continue
        replays = replays_requests(request) and not source.empty and not (record and record.consistency)
        works.append(
            WindowWork(
                source=source,
                digest=step,
                folder=place,
                previous=(earlier, folders[earlier]) if earlier else None,
                monitor=job,
                replay=find_step_job(request.model, "replay", step, look_up.transform) if replays else None,
            )
        )
    return works


def replays_requests(request: MonitoringPlannerRequest) -> bool:
    """Whether captured requests are sent to the model again."""
    return request.settings.monitor.sample > 0


def window_digest(request: MonitoringPlannerRequest, source: WindowSource, earlier: Window | None) -> str:
    """Digest of everything that a window's report depends on.

    Args:
        earlier: the window that it is compared with.
    """
    return digest(
        request.requests[STEP],
        request.bound,
        digest_sections("monitor", job_plan(request, source, earlier)),
        # The plan holds only the names of the files; this digest covers their sizes and the batches, too.
        source.served_version,
    )


def job_plan(request: MonitoringPlannerRequest, source: WindowSource, earlier: Window | None) -> JobPlan:
    """The `plan.json` of a window's monitor job, without the run id, which is derived from it.

    Args:
        earlier: the window that it is compared with.
    """
    settings, package, window = request.settings, source.package, source.due.window
    labels = settings.labels
    return JobPlan(
        workflow="monitoring",
        model=request.model,
        dataset=settings.dataset,
        quality=settings.quality,
        data=DataSection(
            version=source.labels_version,
            uri=labels.uri if labels else "",
            files=tuple(file.to_plan() for file in source.labels),
        ),
        package=PackageSection(
            arn=package.arn,
            version=package.version,
            run=package.metadata["run"],
            program=package.metadata["program"],
            baseline=source.baseline,
        )
        if package
        else None,
        monitor=MonitorSection(
            rules=settings.monitor,
            window=window.interval,
            id=window.id,
            captured=tuple(source.names()),
            published=source.published,
            labels=LabelJoin(by=labels.by, format=labels.format) if labels else None,
        ),
        previous=PreviousSection(window=earlier.interval) if earlier else None,
    )


def folder(bucket: str, monitor: str, window: Window, step_digest: str) -> str:
    """The folder of a window's report, as an S3 URI."""
    return f"s3://{bucket}/monitoring/{monitor}/{window.id}/{step_digest[:DIGEST_LENGTH]}/"


def decide(
    request: MonitoringPlannerRequest, works: Sequence[WindowWork], look_up: LookUps
) -> MonitoringPlan:
    """The next state, and how many windows the Map computes in parallel; the handler adds their entries.

    Raises:
        PlanningError: the API's error about a taken name, when no resource has that name.
    """
    jobs = [work.monitor.job for work in works if work.monitor] + [
        work.replay.job for work in works if work.replay
    ]
    replayed = [work.source.package for work in works if work.replay and work.source.package]
    package = replayed[0] if replayed else None
    versions = [[work.source.names(), work.source.labels_version] for work in works]
    return MonitoringPlan(
        run=digest([work.digest for work in works])[:16] if works else "none",
        data_version=digest(versions)[:16] if works else "none",
        parallel=1 if _chained(works) else request.settings.served.parallel,
        package=None if package is None else package.planned,
        step=_step(works, jobs, package, look_up, request.taken),
    )


def _chained(works: Sequence[WindowWork]) -> bool:
    """Whether a window is compared with one whose statistics this execution is still to write."""
    written = {work.folder for work in works if work.monitor and work.monitor.job.status != "Completed"}
    return any(work.previous[1] in written for work in works if work.previous)


def _step(
    works: Sequence[WindowWork],
    jobs: Sequence[Job],
    package: Package | None,
    look_up: LookUps,
    taken: RefusedCall | None,
) -> str:
    if not works:
        return "Done"
    if any(job.status == "InProgress" for job in jobs):
        return "Wait"
    if package is not None:
        model = {"CreateModel": [look_up.model(package.metadata["model"])]}
        step = next_state(model, refused={}, last=STEP, taken=taken)
        if step != STEP:
            return step
    if taken and taken.step == STEP and all(job.status == "Absent" for job in jobs):
        raise met(taken)
    return STEP
