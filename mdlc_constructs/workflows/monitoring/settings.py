"""The settings from which a monitoring machine is built."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from mdlc_constructs.settings import Compute, Dataset, Evaluation, NetworkSettings, QualityRules
from mdlc_constructs.settings.channels import check_table
from mdlc_constructs.settings.consistency import Consistency
from mdlc_constructs.settings.drift_thresholds import DriftThresholds
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.labels import Labels
from mdlc_constructs.settings.monitor_alarms import MonitorAlarms
from mdlc_constructs.settings.numbers import check_duration, check_whole
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.job_plan import MonitorRules
from mdlc_constructs.settings.payloads.records import RecordTypes
from mdlc_constructs.settings.payloads.tasks import BY_CLASS, is_in_summary, metric_names
from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.task_steps import check_step
from mdlc_constructs.workflows.scoring import rules_of, unlabelled

KINDS = {"endpoint": "an endpoint", "batch": "batches"}
WORKFLOWS = {"endpoint": "monitoring", "batch": "batch-monitoring"}
"""The workflow's name by kind of monitor; a model may have one of each."""

Kind = Literal["endpoint", "batch"]

MIN_EVERY, MAX_EVERY = timedelta(hours=1), timedelta(days=31)
MAX_SETTLING = timedelta(hours=6)
MAX_PARALLEL = 40
"""The maximum concurrency of an inline map."""

SERVED_RULES = QualityRules(minimum_rows=1, unique_key=False)
"""The default quality rules of served rows: one row is enough, and the same row may be requested again."""


@dataclass(frozen=True, kw_only=True)
class MonitoringSettings:
    """The settings from which a monitoring machine is built; `MonitoringWorkflow` documents the others.

    Attributes:
        kind: whether an endpoint or batch inference is monitored.
        endpoint: the endpoint's name; empty for batch.
        variants: variants whose captures count; empty for all.
        labels_uri: S3 URI of the labels with placeholders of the deployment; empty without labels.
        raw_uri: S3 URI of the scored batches, likewise; empty for an endpoint.
        baseline: folder of a baseline to use instead of the package's; empty for the package's.

    Raises:
        ValueError: when settings contradict each other; names the argument, its value and the remedy.
    """

    model: str
    dataset: Dataset
    kind: Kind = "endpoint"
    endpoint: str = ""
    variants: tuple[str, ...] = ()
    labels: Labels | None = None
    labels_uri: str = ""
    raw_uri: str = ""
    baseline: str = ""
    every: timedelta = timedelta(days=1)
    settling: timedelta = timedelta(minutes=15)
    thresholds: DriftThresholds = field(default_factory=DriftThresholds)
    segments: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    consistency: Consistency | None = field(default_factory=Consistency)
    quality: QualityRules = field(default_factory=lambda: SERVED_RULES)
    evaluation: Evaluation = field(default_factory=Evaluation)
    least_rows: int = 100
    joint: bool = True
    content_type: str | None = None
    alarms: MonitorAlarms = field(default_factory=MonitorAlarms)
    max_parallel: int = 4
    job_compute: Compute = field(default_factory=Compute)
    scoring_compute: Compute = field(default_factory=Compute)
    network: NetworkSettings = field(default_factory=NetworkSettings)

    def __post_init__(self) -> None:
        check_table(self.dataset, what="monitoring")
        self._check_task()
        check_duration("every", self.every, MIN_EVERY, MAX_EVERY)
        if self.every % timedelta(hours=1):
            raise refusal("every", str(self.every), "captures are filed by the hour; give whole hours.")
        check_duration("settling", self.settling, timedelta(0), MAX_SETTLING)
        for name in ("segments", "protected"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise refusal(name, value, f"give a tuple of names: ({value!r},).")
            object.__setattr__(self, name, tuple(value))
            for column in value:
                if column not in self.dataset.columns:
                    raise unknown(name, column, self.dataset.columns, what="column")
        if self.dataset.forecast is not None:
            self._check_forecast()
        if self.labels is not None:
            self.labels.check_dataset(self.dataset)
        self.quality.check_columns(self.dataset)
        if self.evaluation.weighted:
            raise refusal(
                "evaluation.weighted", True, "served rows have no weights and count once each; leave it out."
            )
        self.alarms.check_task(self.dataset.task, self.dataset.classes)
        if self.alarms.accuracy and self.labels is None:
            raise refusal("alarms", dict(self.alarms.accuracy), "accuracy is known by labels; give labels.")
        check_whole("least_rows", self.least_rows, 1, 10**9, unit="rows")
        check_whole("max_parallel", self.max_parallel, 1, MAX_PARALLEL, unit="windows")
        self.job_compute.require("processing", image=Image.jobs().title)
        self.scoring_compute.require("transform")

    def _check_task(self) -> None:
        """Refuse tasks that the monitor's steps do not take."""
        task, what = self.dataset.task, f"the monitor of {KINDS[self.kind]}"
        if self.kind == "endpoint":
            check_step("endpoint", task, what=what)
        check_step("drift", task, what=what)
        if self.labels is not None:
            check_step("closed_loop", task, what=f"{what} with labels")
        if self.protected:
            check_step("fairness", task, what=f"{what} with protected attributes")

    def _check_forecast(self) -> None:
        for name in ("segments", "protected"):
            if getattr(self, name):
                raise refusal(
                    name,
                    getattr(self, name),
                    "rows of a forecast are steps to come, whose columns are not known; leave it out.",
                )
        # A whole series would have to be sent again.
        object.__setattr__(self, "consistency", None)
        # Steps of one series are much alike: a classifier would tell series apart, not drift.
        object.__setattr__(self, "joint", False)

    @property
    def records(self) -> RecordTypes | None:
        """The types in the request of a replay's transform job; None for those of the package."""
        return None if self.content_type is None else RecordTypes.of(self.content_type, self.content_type)

    @property
    def workflow(self) -> str:
        """The workflow's name in audit items, and the suffix of the machine's name."""
        return WORKFLOWS[self.kind]

    @property
    def alarmed_by_class(self) -> tuple[str, ...]:
        """The metrics of one class that have an alarm."""
        return tuple(name for name in self.alarms.accuracy if BY_CLASS in name)

    @property
    def published(self) -> tuple[str, ...]:
        """The metrics of accuracy in CloudWatch: all of the task; of one class only those with an alarm."""
        return (*metric_names(self.dataset.task), *self.alarmed_by_class)

    def to_plan(self) -> dict[str, object]:
        """The settings in the form of the planner's input."""
        monitor = MonitorRules(
            kind=self.kind,
            thresholds=self.thresholds.to_plan(),
            segments=self.segments,
            protected=self.protected,
            least_rows=self.least_rows,
            joint=self.joint,
            sample=0 if self.consistency is None else self.consistency.sample,
            threshold=self.evaluation.threshold,
            bootstrap=self.evaluation.bootstrap,
            seed=self.evaluation.seed,
            # Others are in the summary anyway, and a job runs again when its plan changes.
            by_class=tuple(
                name for name in self.alarmed_by_class if not is_in_summary(name, self.dataset.classes)
            )
            or None,
        )
        labels = (
            None if self.labels is None else replace(self.labels.to_plan(self.dataset), uri=self.labels_uri)
        )
        return {
            "dataset": encode(self.dataset.to_plan()),
            "quality": encode(rules_of(self.quality, unlabelled(self.dataset).columns)),
            "monitor": encode(monitor),
            "labels": None if labels is None else encode(labels),
            "served": {
                "endpoint": self.endpoint,
                "variants": list(self.variants),
                "raw": self.raw_uri,
                "every_seconds": int(self.every.total_seconds()),
                "settling_seconds": int(self.settling.total_seconds()),
                "parallel": self.max_parallel,
                "baseline": self.baseline,
            },
        }
