"""Payloads of the monitoring workflow's planning, recording and replay functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mdlc_constructs.settings.payloads.codec import OMIT_NONE, JsonValue
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.job_plan import MonitorRules
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.payloads.monitor_settings import LabelSource, ReplayRules
from mdlc_constructs.settings.payloads.planning import (
    CaughtError,
    ExecutionContext,
    ExecutionPlan,
    PackageInput,
    PlannedPackage,
    PlannerRequest,
    Section,
)
from mdlc_constructs.settings.payloads.quality import QualitySection
from mdlc_constructs.settings.payloads.verdict import Verdict

Monitor = Literal["endpoint", "batch"]
"""What is monitored: requests that an endpoint captured, or batches that were published."""


@dataclass(frozen=True, kw_only=True)
class MonitoringInput(PackageInput):
    """The input of a monitoring execution.

    Attributes:
        window: the only window to compute; None computes those that are due.
    """

    window: Interval | None = None


@dataclass(frozen=True, kw_only=True)
class ServedSettings:
    """What is monitored, and in which windows.

    Attributes:
        endpoint: the endpoint's name; empty for batches.
        every_seconds: length of a window.
        variants: the variants whose captures are read; empty for all.
        raw: S3 URI of the folder of raw rows that batches answered.
        settling_seconds: how long after a window's end its captures may still be written.
        parallel: how many windows are computed in parallel.
        baseline: S3 URI of the folder of a baseline; empty for the package's own.
    """

    endpoint: str
    every_seconds: int
    settling_seconds: int
    parallel: int
    variants: tuple[str, ...] = ()
    raw: str = ""
    baseline: str | None = ""


@dataclass(frozen=True, kw_only=True)
class MonitoringSections:
    """The settings of a monitoring workflow; `plan.json` holds all but `labels` and `served`."""

    dataset: DatasetSection
    quality: QualitySection
    monitor: MonitorRules
    labels: LabelSource | None
    served: ServedSettings


@dataclass(frozen=True, kw_only=True)
class MonitoringPlannerRequest(PlannerRequest):
    """What the monitoring machine's `Plan` state sends to its function."""

    settings: MonitoringSections


@dataclass(frozen=True, kw_only=True)
class WindowBounds:
    """A monitoring window from `start` to before `end`, ISO 8601 in UTC."""

    start: str
    end: str


@dataclass(frozen=True, kw_only=True)
class PlannedWindow:
    """A window as an item of the state machine's Map.

    Attributes:
        digest: of everything that its report depends on.
        labels_version: data version of the label files; empty without labels.
        served_version: digest of the captures and published batches.
        update: whether only new labels came since it was recorded.
        kept: the result of its earlier replay, as JSON; empty when it was not replayed.
        job: name of the monitor job; empty for a window without one.
        last_attempt: whether the job is not tried again if it fails.
        adopted: whether an earlier execution completed the job.
        verdict: the job's verdict, when it was completed before.
        version: the package version; 0 without a package.
        program: S3 URI of the folder of the package's feature program.
        baseline: S3 URI of the folder of the baseline.
        folder: S3 URI of the folder of the report; empty for a window without one.
        previous: S3 URI of the statistics that the window is compared with.
        replay: whether its requests are replayed.
        replay_job: name of the transform job that replays them; empty when it was done before.
        scores: S3 URI of the folder of that job's answers.
        plan: S3 URI of the monitor job's `plan.json`.
        captured: S3 URI of the manifest of captures and predictions; `labels` and `raw` likewise.
        failure: why the window cannot be computed.
    """

    id: str
    window: WindowBounds
    digest: str
    labels_version: str
    served_version: str
    update: bool
    kept: str
    version: int
    package_arn: str
    folder: str
    job: str = ""
    last_attempt: bool = False
    adopted: bool = False
    verdict: Verdict | None = None
    model: str = ""
    program: str = ""
    baseline: str = ""
    previous: str = ""
    replay: bool = False
    replay_job: str = ""
    scores: str = ""
    plan: str = ""
    captured: str = ""
    labels: str = ""
    raw: str = ""
    failure: CaughtError | None = field(default=None, metadata={OMIT_NONE: True})


@dataclass(frozen=True, kw_only=True)
class MonitoringPlan(ExecutionPlan):
    """`$plan` of a monitoring execution.

    Attributes:
        parallel: how many windows are computed in parallel.
        package: the package that captured requests are replayed against; None without a replay.
    """

    parallel: int
    package: PlannedPackage | None
    windows: tuple[PlannedWindow, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LabelDelay:
    """How long after a window's end labels are due."""

    delay_seconds: int


@dataclass(frozen=True, kw_only=True)
class ComputedWindow(PlannedWindow):
    """A planned window with the result of its replay.

    Attributes:
        consistency: the replay's result, or a note why there was no replay.
        replay_failed: why the registered package did not answer.
    """

    consistency: Section | None = None
    replay_failed: str = ""


@dataclass(frozen=True, kw_only=True)
class RecordRequest:
    """What the state `RecordWindow` sends to its function.

    Attributes:
        labels: None without labels.
        least_rows: with fewer rows, or labels, nothing is measured.
        by_class: the metrics of one class that are published to CloudWatch.
    """

    model: str
    monitor: Monitor
    bucket: str
    table: str
    execution: ExecutionContext
    labels: LabelDelay | None
    least_rows: int
    window: ComputedWindow
    by_class: tuple[str, ...] | None = field(default=None, metadata={OMIT_NONE: True})


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """A window's metrics computed with labels.

    Attributes:
        labelled: number of rows with a label.
        coverage: share of rows with a label.
        labelled_until: time of the last row with a label, ISO 8601.
        metrics: each with `value`, `low` and `high`.
        baseline: metrics on the holdout in training.
        changes: by metric: `better`, `same` or `worse` than on the holdout.
        worse: whether the main metric is worse; None with too few labels.
    """

    labelled: int | None = None
    coverage: float | None = None
    duplicates: int | None = None
    contradictory: int | None = None
    labelled_until: str | None = None
    delay_seconds: JsonValue = None
    metrics: Section = field(default_factory=dict)
    baseline: Section = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)
    worse: bool | None = None
    segments: tuple[JsonValue, ...] = ()
    fairness: tuple[JsonValue, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WindowSummary:
    """The monitor job's `summary.json`. Without arguments: the summary of a window without rows.

    Attributes:
        package_version: the package version with whose baseline the job compared; None for no job.
        columns: the columns that drifted.
        accuracy: None without labels.
        estimate: metrics estimated without labels, and their error once labels came.
    """

    schema_version: int = 1
    model: str = ""
    monitor: str = ""
    window: JsonValue = None
    package_version: int | None = None
    package_arn: str = ""
    rows: int = 0
    unreadable: int | None = None
    other_versions: JsonValue = None
    drifted: bool = False
    columns: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    drift: Section | None = None
    last_window: Section | None = None
    joint: Section | None = None
    accuracy: Accuracy | None = None
    estimate: Section | None = None
    skew: Section | None = None
    quality: Section | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MonitoringCompleted:
    """Detail of the event `Monitoring Completed`: one window, as it was recorded.

    Attributes:
        execution: ARN of the execution that computed the window.
        update: whether only labels came since the window was recorded before.
        version: the version judged; 0 when it is not known.
        columns: those that drifted.
        report: S3 URI of `report.json`, and `page` of `report.html`; both empty without a report.
    """

    window: WindowBounds
    model: str = ""
    execution: str = ""
    monitor: str = ""
    update: bool = False
    version: int = 0
    package_arn: str = ""
    rows: int = 0
    drifted: bool = False
    columns: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    metrics: Section = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)
    worse: bool | None = None
    labelled: int | None = None
    coverage: float | None = None
    labelled_until: str | None = None
    report: str = ""
    page: str = ""


@dataclass(frozen=True, kw_only=True)
class WindowItem:
    """A `WINDOW#` item of the audit table. Every attribute is a text; an unknown value is the empty text.

    Attributes:
        columns, metrics, baseline_metrics, changes, estimates, consistency: JSON.
        announced: when the event was published; empty until then.
    """

    pk: str = ""
    sk: str = ""
    schema_version: str = "1"
    model: str = ""
    monitor: str = ""
    start: str = ""
    end: str = ""
    version: str = ""
    package_arn: str = ""
    rows: str = "0"
    drifted: str = "false"
    columns: str = "[]"
    reasons: str = ""
    metrics: str = "{}"
    baseline_metrics: str = "{}"
    changes: str = "{}"
    worse: str = ""
    estimates: str = "{}"
    labelled: str = ""
    coverage: str = ""
    labelled_until: str = ""
    served_version: str = ""
    labels_version: str = ""
    consistency: str = ""
    report: str = ""
    page: str = ""
    digest: str = ""
    computed_at: str = ""
    announced: str = ""
    planned_at: str = ""
    execution_arn: str = ""


@dataclass(frozen=True, kw_only=True)
class RecordResult:
    """A recorded window, as the state machine keeps it."""

    id: str
    rows: int
    drifted: bool
    outcome: Literal["Recorded"] = "Recorded"


@dataclass(frozen=True, kw_only=True)
class ReplayRequest:
    """What the state `CompareAnswers` sends to its function.

    Attributes:
        endpoint: the endpoint's name; empty for batches.
    """

    model: str
    bucket: str
    endpoint: str
    settings: ReplayRules
    window: ComputedWindow


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How answers to the same rows differ.

    Attributes:
        rows: number of pairs that could be compared.
        moved: share of pairs that differ by more than the tolerance; None without pairs.
        largest_move: the largest difference of a pair; None without pairs.
    """

    rows: int
    moved: float | None
    largest_move: float | None


@dataclass(frozen=True, kw_only=True)
class ReplayResult:
    """The result of a window's replay: the worst of all comparisons. Also written as `consistency.json`."""

    moved: float | None
    largest_move: float | None
    comparisons: Mapping[str, Comparison] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
