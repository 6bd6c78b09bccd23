"""`plan.json`, the data jobs' input, which a planning function writes; and the sections each job may read.

Settings write their own sections (`to_plan`), and the planning function adds what it looked up. A section
that a workflow does not have is null.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mdlc_constructs.settings.payloads.channels import ChannelsSection
from mdlc_constructs.settings.payloads.codec import OMIT_NONE, JsonValue
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.evaluation import AlgorithmSection, ImportanceSection
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.payloads.quality import QualitySection
from mdlc_constructs.settings.payloads.records import RecordsSection
from mdlc_constructs.settings.payloads.split import SplitSection

SCHEMA_VERSION = 1
PARTS = ("train", "validation", "holdout")
"""The parts that a split divides rows into, in the order of time."""

SECTIONS_BY_JOB: Mapping[str, tuple[str, ...]] = {
    "quality": ("dataset", "quality", "split", "data"),
    "channels": ("channels", "data"),
    "features": ("dataset", "split", "data", "champion", "importance", "records"),
    "evaluate": ("dataset", "data", "gate", "evaluation", "champion", "importance", "algorithm"),
    "export": ("dataset", "export"),
    "prepare": ("dataset", "data"),
    "check": ("dataset", "quality", "data", "package", "predicted_at", "delivery"),
    "answers": ("channels", "data", "package", "predicted_at"),
    "golden": ("dataset", "golden", "data", "package"),
    "monitor": ("dataset", "quality", "data", "package", "monitor", "previous"),
}
"""The plan sections that each job may read; a job refuses to read any other. The job's name is derived from
these sections, so that equal sections find the earlier result and any change makes a new job."""

Join = Literal["row_key", "inference_id", "entity_and_time"]
"""The key by which labels are joined to served rows."""


@dataclass(frozen=True, kw_only=True)
class Checksum:
    """Identifies a file's content: a checksum stored in S3, or else the object's version id or ETag."""

    algorithm: str
    value: str


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """One input file.

    Attributes:
        name: relative to the data's URI.
        size: in bytes.
        shard: the folder for its scoring records, in batch inference.
    """

    name: str
    size: int
    checksum: Checksum
    shard: str = ""


@dataclass(frozen=True, kw_only=True)
class DataSection:
    """The files that a run reads.

    Attributes:
        version: identifies the content of all files.
        uri: S3 URI of their folder.
    """

    version: str
    files: tuple[DataFile, ...]
    uri: str = ""


@dataclass(frozen=True, kw_only=True)
class GateSection:
    """The metrics that a trained model must reach; see `Gate` for their meaning."""

    at_least: Mapping[str, float]
    at_most: Mapping[str, float]
    better_than_champion: str | None
    margin: float
    confidence: float


@dataclass(frozen=True, kw_only=True)
class EvaluationSection:
    """How metrics are computed.

    Attributes:
        threshold: the score from which a row counts as positive.
        bootstrap: resamples for confidence intervals.
        seed: of the bootstrap.
        weighted: True when rows count by the dataset's weight column.
    """

    threshold: float
    bootstrap: int
    seed: int
    weighted: bool | None = field(default=None, metadata={OMIT_NONE: True})


@dataclass(frozen=True, kw_only=True)
class ExportSection:
    """How near an exported model's answers must come to the trained model's."""

    tolerance: float


@dataclass(frozen=True, kw_only=True)
class ChampionSection:
    """The model package that serves now.

    Attributes:
        model: name of its SageMaker model.
        program: its whole feature program, which is small.
    """

    package_arn: str
    version: int
    model: str
    program: Mapping[str, JsonValue] | None


@dataclass(frozen=True, kw_only=True)
class PackageSection:
    """The model package whose predictions the job checks or monitors.

    Attributes:
        run: the training run that registered it.
        program: S3 URI of its feature program.
        baseline: S3 URI of the baseline statistics of its training data.
    """

    arn: str
    version: int
    run: str = ""
    program: str = ""
    baseline: str = ""


@dataclass(frozen=True, kw_only=True)
class GoldenSection:
    """When the golden checks pass.

    Attributes:
        tolerance: how far an answer may differ from the expected one.
        share: the share of answers that must be within the tolerance.
    """

    tolerance: float
    share: float


@dataclass(frozen=True, kw_only=True)
class DeliverySection:
    """Where predictions go: as items of a table, or as events of the bus.

    Attributes:
        columns: the columns that are delivered with each score.
        table: the table's name; empty for the bus.
        key: the table's partition key; empty for the bus.
        keep_seconds: an item's time to live; None keeps it forever.
        detail_type: the events' `detail-type`; empty for a table.
    """

    to: Literal["table", "events"]
    columns: tuple[str, ...]
    table: str = ""
    key: str = ""
    keep_seconds: int | None = None
    detail_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """The effect sizes from which a column counts as drifted.

    `DriftThresholds` explains each and takes its defaults from here, because Spark jobs run without a plan.
    """

    psi: float = 0.1
    cramers_v: float = 0.15
    missing_share: float = 0.05
    new_share: float = 0.01
    vanished_share: float = 0.01
    outside_share: float = 0.01
    joint_auc: float = 0.6
    shift: float | None = None
    alpha: float = 0.01


@dataclass(frozen=True, kw_only=True)
class LabelJoin:
    """How labels are joined to their rows.

    Attributes:
        by: the key of the join.
        format: format of the label files.
    """

    by: Join
    format: str


@dataclass(frozen=True, kw_only=True)
class PublishedBatch:
    """One published result of batch inference.

    Attributes:
        parts: keys of its prediction files in the model's bucket.
        raw: names of the scored files, relative to the URI of the batches' dataset.
    """

    run: str
    package_version: int
    predicted_at: str
    parts: tuple[str, ...]
    raw: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MonitorRules:
    """A monitor's rules, the same for all windows.

    Attributes:
        segments: columns by whose values metrics are computed separately.
        protected: protected attributes: columns by whose values fairness is measured.
        least_rows: the fewest labelled rows for a segment's metrics.
        joint: whether a domain classifier also looks for drift of all columns together.
        sample: number of rows kept for replaying them against the model.
        threshold: the score from which a row counts as positive.
        bootstrap: resamples for confidence intervals.
        by_class: the metrics of one class that the summary must have though their classes are not among the
            first ones.
    """

    kind: Literal["endpoint", "batch"]
    thresholds: Thresholds
    segments: tuple[str, ...]
    protected: tuple[str, ...]
    least_rows: int
    joint: bool
    sample: int
    threshold: float
    bootstrap: int
    seed: int
    by_class: tuple[str, ...] | None = field(default=None, metadata={OMIT_NONE: True})


@dataclass(frozen=True, kw_only=True)
class MonitorSection:
    """The monitoring window of a job, and the rules for it.

    Attributes:
        id: the window's id.
        window: start included, end excluded.
        captured: keys of the data capture files in the model's bucket, for an endpoint monitor.
        published: the results of batch inference, for a batch monitor.
        labels: None without labels.
    """

    rules: MonitorRules
    id: str
    window: Interval
    captured: tuple[str, ...]
    published: tuple[PublishedBatch, ...]
    labels: LabelJoin | None


@dataclass(frozen=True, kw_only=True)
class PreviousSection:
    """The earlier window with whose statistics the monitor job compares."""

    window: Interval


@dataclass(frozen=True, kw_only=True)
class JobPlan:
    """The input of all jobs of one run.

    Attributes:
        run: digest of the run's work; empty at first, because it is derived from the other sections.
        predicted_at: when batch inference was started, ISO 8601.
        importance: None when permutation importance is switched off, and in workflows other than training.
        code_version: the team's own version of its code, which no result depends on: no job's name follows
            from it, and it is that of the execution that started the job.
        channels: None for data that are a table.
        training_job: name of the training job, known from the digests like the run.
        artifact: S3 URI of the trained model.
        records: how the records of the model's containers are written; None where `RecordsSection.usual` is.
    """

    workflow: Literal["training", "batch", "monitoring"]
    model: str
    dataset: DatasetSection
    data: DataSection
    run: str = ""
    quality: QualitySection | None = None
    split: SplitSection | None = None
    gate: GateSection | None = None
    evaluation: EvaluationSection | None = None
    champion: ChampionSection | None = None
    package: PackageSection | None = None
    predicted_at: str | None = None
    delivery: DeliverySection | None = None
    golden: GoldenSection | None = None
    monitor: MonitorSection | None = None
    previous: PreviousSection | None = None
    importance: ImportanceSection | None = None
    algorithm: AlgorithmSection | None = None
    export: ExportSection | None = field(default=None, metadata={OMIT_NONE: True})
    code_version: str = ""
    training_job: str = ""
    artifact: str = ""
    records: RecordsSection | None = field(default=None, metadata={OMIT_NONE: True})
    channels: ChannelsSection | None = field(default=None, metadata={OMIT_NONE: True})
    schema_version: int = SCHEMA_VERSION
