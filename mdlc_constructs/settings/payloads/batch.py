"""Payloads of the batch inference workflow: of its planning function and its delivery function."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mdlc_constructs.settings.payloads.channels import ChannelsSection
from mdlc_constructs.settings.payloads.codec import OMIT_NONE
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.job_plan import DeliverySection
from mdlc_constructs.settings.payloads.planning import (
    ExecutionPlan,
    PackageInput,
    PlannedPackage,
    PlannerRequest,
    ScoringJob,
)
from mdlc_constructs.settings.payloads.quality import QualitySection
from mdlc_constructs.settings.payloads.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class BatchInput(PackageInput):
    """The input of a batch inference execution.

    Attributes:
        prefix: a folder below the dataset's URI; None takes the whole dataset.
    """

    prefix: str | None = None


@dataclass(frozen=True, kw_only=True)
class BatchSections:
    """The settings of a batch inference, as the jobs' `plan.json` holds them.

    Attributes:
        parallel: how many shards are scored in parallel.
    """

    dataset: DatasetSection
    quality: QualitySection
    parallel: int
    delivery: DeliverySection | None = None


@dataclass(frozen=True, kw_only=True)
class BatchPlannerRequest(PlannerRequest):
    """What the batch inference machine's `Plan` state sends to its function."""

    settings: BatchSections


@dataclass(frozen=True, kw_only=True)
class ChannelBatchSections:
    """The settings of a batch inference on files, as the jobs' `plan.json` holds them."""

    channels: ChannelsSection
    dataset: DatasetSection


@dataclass(frozen=True, kw_only=True)
class ChannelBatchRequest(PlannerRequest):
    """What the `Plan` state of a batch inference on files sends to its function."""

    settings: ChannelBatchSections


@dataclass(frozen=True, kw_only=True)
class BatchPlan(ExecutionPlan):
    """`$plan` of a batch inference execution.

    Attributes:
        names: job names by state.
        uris: S3 URIs of the execution's files and folders; folders end with a slash.
        keys: keys of the manifests, and of the files to deliver, in the model's bucket.
        scoring: the transform jobs still to be started, one per shard.
        quality: verdict of an earlier quality job on the same input; None without one.
        output: verdict of an earlier job on the same predictions; None without one.
        recorded: the run's audit item; None when the run was not finished before.
        finished_by: the execution that recorded the run; `none` before that.
    """

    names: Mapping[str, str]
    package: PlannedPackage
    uris: Mapping[str, str]
    keys: Mapping[str, str]
    scoring: tuple[ScoringJob, ...]
    quality: Verdict | None
    output: Verdict | None
    recorded: Mapping[str, str] | None
    finished_by: str


@dataclass(frozen=True, kw_only=True)
class DeliveryRequest:
    """What the state `DeliverFile` sends to its function: one file of a batch's predictions."""

    bucket: str
    key: str
    model: str
    run: str
    delivery: DeliverySection


@dataclass(frozen=True, kw_only=True)
class DeliveryResult:
    """How many rows of a file were delivered.

    Attributes:
        delivered: rows whose prediction, or a newer one, is at the destination.
        superseded: those of them with a newer prediction.
    """

    delivered: int
    superseded: int


@dataclass(frozen=True, kw_only=True)
class PublishedPart:
    """One Parquet file of published predictions.

    Attributes:
        name: below the folder of the manifest.
        bytes: its size.
    """

    name: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ScoringPackage:
    """The model package that scored a batch."""

    arn: str
    version: int


@dataclass(frozen=True, kw_only=True)
class PredictionsManifest:
    """`manifest.json` of published predictions, which the job `check` writes (docs/contracts.md).

    Attributes:
        predicted_at: when the batch was planned, ISO 8601.
        rows: of all parts.
        columns: of every part, in order.
        classes: of a multiclass task, in the order of each row's `probabilities`.
        quantiles: of a forecast, the levels in the order of each row's `quantiles`.
    """

    model: str
    run: str
    data_version: str
    package: ScoringPackage
    predicted_at: str
    rows: int
    columns: tuple[str, ...]
    parts: tuple[PublishedPart, ...]
    schema_version: int = 1
    classes: tuple[str, ...] | None = field(default=None, metadata={OMIT_NONE: True})
    quantiles: tuple[float, ...] | None = field(default=None, metadata={OMIT_NONE: True})
