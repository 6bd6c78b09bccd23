"""Delivery of a batch's predictions besides the files: DynamoDB items, or an event for each row."""

import re
from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.numbers import check_duration, check_whole
from mdlc_constructs.settings.payloads.job_plan import DeliverySection
from mdlc_constructs.settings.payloads.tasks import TASK_COLUMNS
from mdlc_constructs.settings.refusal import refusal, unknown

ROW_KEY = "row_key"
"""The column of prediction records with the row's key: one column's value, or a JSON object of several."""

ABOUT = ("inference_id", "row_key", "entity", "event_time", "model_package_version")
"""The optional columns of a prediction record; `docs/contracts.md` describes each."""

ALWAYS = ("score", "predicted_at", "run")
"""The columns that every item and every event holds."""

EXPIRES = "expires_at"
"""The time-to-live attribute: Unix seconds after which DynamoDB may delete an item."""

MAX_PARALLEL = 40
"""The maximum number of concurrent iterations of an inline Map."""

_NO_KEYS = (*ALWAYS, EXPIRES, "inference_id", "event_time", "model_package_version")
_MIN_DURATION, _MAX_DURATION = timedelta(hours=1), timedelta(days=3650)
_DETAIL_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}")
_TAKEN = (
    *("Training Completed", "Training Failed", "Predictions Published", "Predictions Undelivered"),
    *("Batch Inference Failed", "Model Released", "Release Failed"),
)


@dataclass(frozen=True, kw_only=True)
class LookUpTable:
    """Each prediction becomes an item of a DynamoDB table, so that clients can look it up by key.

    A prediction of a newer execution replaces one of an older execution, in whatever order they are written.
    When several rows of a batch have the same key, the row with the latest event time becomes the item. Items
    of rows that are not in a newer batch stay until they expire.

    Args:
        key: the column that becomes the table's partition key (a string): ``row_key``, or the dataset's
            entity or one of its row key columns. Rows without a value in it are not written.
        keep_for: how long after its prediction an item expires; None keeps items until they are replaced.
            DynamoDB deletes an item within days after it expires, so readers must check ``expires_at``.
        columns: the columns of `ABOUT` that items hold besides key, score, ``predicted_at`` and run.
        parallel: how many files are written at a time. Each writes a few hundred items per second.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    key: str = ROW_KEY
    keep_for: timedelta | None = None
    columns: tuple[str, ...] = ABOUT
    parallel: int = 8

    def __post_init__(self) -> None:
        if not self.key or self.key in _NO_KEYS:
            raise refusal(
                "key", self.key, f"give {ROW_KEY!r}, the dataset's entity or one of its row key columns."
            )
        if self.keep_for is not None:
            check_duration("keep_for", self.keep_for, _MIN_DURATION, _MAX_DURATION)
        object.__setattr__(self, "columns", _checked(self.columns))
        check_whole("parallel", self.parallel, 1, MAX_PARALLEL, unit="files")

    def check_dataset(self, dataset: Dataset) -> None:
        """Refuse a key that is not a column of the dataset's prediction records.

        Raises:
            ValueError: naming the possible keys, or why this one cannot be the task's.
        """
        if self.key == ROW_KEY and not dataset.row_key:
            raise refusal(
                "key",
                self.key,
                "the dataset has no row_key, so no client could know a row's key; name the row_key, "
                "give the entity as key, or deliver RowEvents().",
            )
        known = dict.fromkeys((ROW_KEY, *([dataset.entity] if dataset.entity else []), *dataset.row_key))
        if self.key not in known or (self.key == "entity" and dataset.entity != "entity"):
            raise unknown("key", self.key, known, what="key of the dataset's predictions")
        if dataset.task == "forecast" and self.key != ROW_KEY:
            raise refusal(
                "key",
                self.key,
                f"a forecast has a row for each series and step, which only {ROW_KEY!r} tells apart; leave "
                "key out.",
            )
        if self.key in TASK_COLUMNS.get(dataset.task, ()):
            raise refusal(
                "key",
                self.key,
                f"items of the task {dataset.task!r} have an attribute of this name; give another key.",
            )

    def to_plan(self) -> DeliverySection:
        """The ``delivery`` section of a job's plan, without the table's name."""
        return DeliverySection(
            to="table",
            key=self.key,
            columns=self.columns,
            keep_seconds=None if self.keep_for is None else int(self.keep_for.total_seconds()),
        )


@dataclass(frozen=True, kw_only=True)
class RowEvents:
    """Each prediction becomes an event on the account's default event bus, with the source ``mdlc``.

    Delivery is at least once: a repeated delivery sends its events again. Clients should process each
    ``inference_id`` only once; it is the same for the same row, run and package.

    Args:
        detail_type: the events' detail type; it must not be one of the workflows' own.
        columns: the columns of `ABOUT` that the detail holds besides model, run, ``inference_id``, score and
            ``predicted_at``.
        parallel: how many files are sent at a time. The bus has a quota of events per second in each region.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    detail_type: str = "Prediction"
    columns: tuple[str, ...] = ABOUT
    parallel: int = 2

    def __post_init__(self) -> None:
        if not _DETAIL_TYPE.fullmatch(self.detail_type):
            raise refusal(
                "detail_type",
                self.detail_type,
                "give 1 to 128 letters, digits, blanks, dots, hyphens and underscores, such as Prediction.",
            )
        if self.detail_type in _TAKEN:
            raise refusal(
                "detail_type",
                self.detail_type,
                "the workflows publish under it; give another, such as Prediction.",
            )
        object.__setattr__(self, "columns", _checked(self.columns))
        check_whole("parallel", self.parallel, 1, MAX_PARALLEL, unit="files")

    def check_dataset(self, dataset: Dataset) -> None:
        """Does nothing: events support any dataset."""

    def to_plan(self) -> DeliverySection:
        """The ``delivery`` section of a job's plan."""
        return DeliverySection(to="events", detail_type=self.detail_type, columns=self.columns)


Delivery = LookUpTable | RowEvents


def _checked(columns: object) -> tuple[str, ...]:
    if isinstance(columns, str) or not isinstance(columns, (tuple, list)):
        raise refusal("columns", columns, f"give a tuple of names, for example ({ABOUT[0]!r},).")
    for name in columns:
        if name not in ABOUT:
            raise unknown("columns", str(name), ABOUT, what="column of prediction records to choose")
    return tuple(name for name in ABOUT if name in columns)
