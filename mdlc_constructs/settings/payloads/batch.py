"""Payloads of the batch inference workflow: of its planning function, and of the delivery of predictions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mdlc_constructs.settings.payloads.planning import (
    ExecutionPlan,
    PackageInput,
    PlannedPackage,
    PlannerRequest,
    ScoringJob,
    Section,
)


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
        parallel: shards that are scored at a time.
    """

    dataset: Section
    quality: Section
    parallel: int
    delivery: Section | None = None


@dataclass(frozen=True, kw_only=True)
class BatchPlannerRequest(PlannerRequest):
    """What the batch inference machine's `Plan` gives its function."""

    settings: BatchSections


@dataclass(frozen=True, kw_only=True)
class BatchPlan(ExecutionPlan):
    """`$plan` of a batch inference execution.

    Attributes:
        names: of the jobs, by state.
        uris: where everything of the execution lies; folders end with a slash.
        keys: keys of the manifests, and of the delivery's files, in the model's bucket.
        scoring: transform jobs that are not there yet, one a shard.
        quality: verdict on the input of a job that was done before; None without.
        output: verdict on the predictions of a job that was done before; None without.
        recorded: the run's entry of the audit table when it was finished before.
        finished_by: the execution that recorded the run; `none` before that.
    """

    names: Mapping[str, str]
    package: PlannedPackage
    uris: Mapping[str, str]
    keys: Mapping[str, str]
    scoring: tuple[ScoringJob, ...]
    quality: Section | None
    output: Section | None
    recorded: Mapping[str, str] | None
    finished_by: str


@dataclass(frozen=True, kw_only=True)
class DeliverySettings:
    """Where a file's predictions go: as items of a table, or as events of the bus.

    Attributes:
        columns: what travels with a score.
        table: the table's name; empty for the bus.
        key: the table's partition key; empty for the bus.
        keep_seconds: how long an item stays; None keeps it.
        detail_type: of the events; empty for a table.
    """

    to: Literal["table", "events"]
    columns: tuple[str, ...]
    table: str = ""
    key: str = ""
    keep_seconds: int | None = None
    detail_type: str = ""


@dataclass(frozen=True, kw_only=True)
class DeliveryRequest:
    """What the state `DeliverFile` gives its function: one file of a batch's predictions."""

    bucket: str
    key: str
    model: str
    run: str
    delivery: DeliverySettings


@dataclass(frozen=True, kw_only=True)
class DeliveryResult:
    """How many rows of a file were delivered.

    Attributes:
        delivered: rows that are where they go, or whose newer answer is.
        superseded: the latter alone.
    """

    delivered: int
    superseded: int
