"""What a monitoring execution does: pure decisions over what was looked up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.aws.packages import Package
from lambdas.functions.plan_monitoring.captures import Captured
from lambdas.functions.plan_monitoring.published import Published
from lambdas.functions.plan_monitoring.windows import Wanted, Window
from lambdas.planning.errors import PlanningError
from lambdas.planning.execution_plan import met, next_state
from lambdas.planning.sources import SourceFile, data_version
from lambdas.planning.steps import DIGEST_LENGTH, Job, Standing, digest, read_by, standing
from mdlc_constructs.settings.payloads.codec import decode, encode
from mdlc_constructs.settings.payloads.job_plan import (
    DataSection,
    DatasetSection,
    JobPlan,
    LabelJoin,
    MonitorRules,
    MonitorSection,
    PackageSection,
    PreviousSection,
    QualitySection,
)
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.payloads.monitor_settings import LabelSource

LookUp = Callable[[str], Job]

STEP = "MonitorWindows"

MOST_ATTEMPTS = 3
"""After so many jobs that failed at the same work a window is given up, unless the input gives it."""


@dataclass(frozen=True, kw_only=True)
class LookUps:
    """What stands behind a name, by kind of resource."""

    processing: LookUp
    transform: LookUp
    model: LookUp


@dataclass(frozen=True, kw_only=True)
class Found:
    """A window and what lies there for it.

    Attributes:
        package: the version that it is judged with; None where nothing was captured.
        baseline: the folder of the baseline; empty without a package.
        problem: why the window cannot be computed, though there is something to compute.
    """

    wanted: Wanted
    captured: tuple[Captured, ...] = ()
    published: tuple[Published, ...] = ()
    labels: tuple[SourceFile, ...] = ()
    package: Package | None = None
    baseline: str = ""
    problem: PlanningError | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was served, as far as files tell."""
        return not self.captured and not self.published

    @property
    def labels_version(self) -> str:
        """What identifies the label files; empty when there are none."""
        return data_version(self.labels) if self.labels else ""

    @property
    def served_version(self) -> str:
        """What identifies what was served; the same when only labels came."""
        batches = [encode(batch.to_plan()) for batch in self.published]
        return digest([[file.key, file.size] for file in self.captured], batches)[:16]

    def names(self) -> list[str]:
        """Keys of what is read of the window, in the model's bucket."""
        parts = [part for batch in self.published for part in batch.parts]
        return [file.key for file in self.captured] + parts


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A window that is to be computed, adopted or only recorded.

    Attributes:
        digest: over everything that its report depends on.
        folder: where its report lies; empty for a window without one.
        previous: the window that it is compared with, and the folder of its statistics.
        found: the monitor job; None for a window without one.
        replay: the transform job that asks the package again; None when nothing is replayed.
    """

    source: Found
    digest: str
    folder: str = ""
    previous: tuple[Window, str] | None = None
    found: Standing | None = None
    replay: Standing | None = None

    @property
    def window(self) -> Window:
        """The window."""
        return self.source.wanted.window


def planned(
    event: Mapping[str, Any],
    sources: Sequence[Found],
    known: Mapping[Window, str],
    look_up: LookUps,
) -> list[Planned]:
    """The windows whose content differs from what is recorded of them, in the order of time.

    Args:
        known: recorded windows that had rows, to the folder of their reports.
    """
    model, monitor = event["model"], event["settings"]["monitor"]["kind"]
    bucket = event["home"]["bucket"]
    folders = dict(known)
    made = []
    for source in sorted(sources, key=lambda one: one.wanted.window):
        window, recorded = source.wanted.window, source.wanted.recorded
        if source.problem is not None:
            # One that was asked for says why it fails; one that was only missed would say so at every start.
            if source.wanted.why in ("given", "asked"):
                made.append(Planned(source=source, digest=""))
            continue
        earlier = max((one for one in folders if one.end <= window.start), key=_end, default=None)
        step = _digest(event, source, earlier)
        if recorded is not None and recorded.digest == step:
            continue
        place = "" if source.empty else folder(bucket, monitor, window, step)
        job = None if source.empty else standing(model, "monitor", step, look_up.processing)
        failures = job.attempt - 1 if job is not None and job.job.status != "Completed" else 0
        if not source.empty and not failures:
            # What was recorded before has the same statistics, and is there already. Of a window that failed
            # there may never be any: the next one must not wait for them.
            folders.setdefault(window, place)
        if failures >= MOST_ATTEMPTS and source.wanted.why != "given":
            continue
        replays = monitor_replays(event) and not source.empty and not (recorded and recorded.consistency)
        made.append(
            Planned(
                source=source,
                digest=step,
                folder=place,
                previous=(earlier, folders[earlier]) if earlier else None,
                found=job,
                replay=standing(model, "replay", step, look_up.transform) if replays else None,
            )
        )
    return made


def _end(window: Window) -> Any:
    return window.end


def monitor_replays(event: Mapping[str, Any]) -> bool:
    """Whether captured requests are asked again."""
    return int(event["settings"]["monitor"]["sample"]) > 0


def _digest(event: Mapping[str, Any], source: Found, earlier: Window | None) -> str:
    return digest(
        event["requests"][STEP],
        event["bound"],
        read_by("monitor", job_plan(event, source, earlier)),
        # The plan names what was served, and this what it holds.
        source.served_version,
    )


def job_plan(event: Mapping[str, Any], source: Found, earlier: Window | None) -> JobPlan:
    """The `plan.json` of a window's monitor job, but for the run, which follows from it.

    Args:
        earlier: the window that it is compared with.
    """
    settings, package, window = event["settings"], source.package, source.wanted.window
    labels = decode(LabelSource, settings["labels"]) if settings["labels"] else None
    return JobPlan(
        workflow="monitoring",
        model=event["model"],
        dataset=decode(DatasetSection, settings["dataset"]),
        quality=decode(QualitySection, settings["quality"]),
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
            rules=decode(MonitorRules, settings["monitor"]),
            window=Interval(**window.to_plan()),
            id=window.id,
            captured=tuple(source.names()),
            published=tuple(batch.to_plan() for batch in source.published),
            labels=LabelJoin(by=labels.by, format=labels.format) if labels else None,
        ),
        previous=PreviousSection(window=Interval(**earlier.to_plan())) if earlier else None,
    )


def folder(bucket: str, monitor: str, window: Window, step_digest: str) -> str:
    """Where a window's report lies."""
    return f"s3://{bucket}/monitoring/{monitor}/{window.id}/{step_digest[:DIGEST_LENGTH]}/"


def decide(event: Mapping[str, Any], windows: Sequence[Planned], look_up: LookUps) -> dict[str, Any]:
    """The state to go on with, and what the map does at a time.

    Returns:
        `run`, `data_version`, `parallel`, `package` (whose model answers again) and `step`.

    Raises:
        PlanningError: the very error of a taken name, when nothing has that name.
    """
    running = [one.found.job for one in windows if one.found] + [
        one.replay.job for one in windows if one.replay
    ]
    replayed = [one.source.package for one in windows if one.replay and one.source.package]
    package = replayed[0] if replayed else None
    return {
        "run": digest([one.digest for one in windows])[:16] if windows else "none",
        "data_version": digest([[one.source.names(), one.source.labels_version] for one in windows])[:16]
        if windows
        else "none",
        "parallel": 1 if _chained(windows) else int(event["settings"]["served"]["parallel"]),
        "package": None
        if package is None
        else {
            "arn": package.arn,
            "version": package.version,
            "model": package.metadata["model"],
            "image": package.image,
            "artifact": package.artifact,
            "environment": dict(package.environment),
        },
        "step": _step(windows, running, package, look_up, event.get("taken")),
    }


def _chained(windows: Sequence[Planned]) -> bool:
    """Whether a window is compared with one whose statistics this very execution writes."""
    written = {one.folder for one in windows if one.found and one.found.job.status != "Completed"}
    return any(one.previous[1] in written for one in windows if one.previous)


def _step(
    windows: Sequence[Planned],
    running: Sequence[Job],
    package: Package | None,
    look_up: LookUps,
    taken: Mapping[str, str] | None,
) -> str:
    if not windows:
        return "Done"
    if any(job.status == "InProgress" for job in running):
        return "Wait"
    if package is not None:
        model = {"CreateModel": [look_up.model(package.metadata["model"])]}
        step = next_state(model, refused={}, last=STEP, taken=taken)
        if step != STEP:
            return step
    if taken and taken["step"] == STEP and all(job.status == "Absent" for job in running):
        raise met(taken)
    return STEP
