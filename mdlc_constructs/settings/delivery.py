"""How clients get a batch's predictions besides the files: items to look up, or an event for each row."""

import re
from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.numbers import check_duration, check_whole
from mdlc_constructs.settings.payloads.job_plan import DeliverySection
from mdlc_constructs.settings.refusal import refusal, unknown

ROW_KEY = "row_key"
"""The row's key as prediction records hold it: the key column's value, or a JSON object of several."""

ABOUT = ("inference_id", "row_key", "entity", "event_time", "model_package_version")
"""What of a prediction record may be left out; `docs/contracts.md` says what each is."""

ALWAYS = ("score", "predicted_at", "run")
"""What every item and every event holds."""

EXPIRES = "expires_at"
"""Seconds since 1970 after which DynamoDB may delete an item."""

MAX_PARALLEL = 40
"""An inline map runs at most 40 iterations at a time."""

_NO_KEYS = (*ALWAYS, EXPIRES, "inference_id", "event_time", "model_package_version")
_MIN_DURATION, _MAX_DURATION = timedelta(hours=1), timedelta(days=3650)
_DETAIL_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}")
_TAKEN = (
    *("Training Completed", "Training Failed", "Predictions Published", "Predictions Undelivered"),
    *("Batch Inference Failed", "Model Released", "Release Failed"),
)


@dataclass(frozen=True, kw_only=True)
class LookUpTable:
    """Each prediction becomes an item of a DynamoDB table, so that clients look answers up by key.

    A newer execution's answer replaces an older one's and never the reverse, in whatever order they arrive.
    Where several rows of a batch have the same key, the one with the latest event time is the item. Items of
    rows that are not in a newer batch stay as they are until they expire.

    Args:
        key: what an item is found by, and the name of the table's partition key (a text): ``row_key``, or
            the dataset's entity or one of its row key columns. Rows without a value in it become no items.
        keep_for: how long after its prediction an item expires; None keeps items until they are replaced.
            DynamoDB deletes within days of that moment: a reader looks at ``expires_at``.
        columns: what items hold besides key, score, ``predicted_at`` and run, of `ABOUT`.
        parallel: files that are written at a time. One at a time writes a few hundred items a second.

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
        """Refuse a key that the dataset's prediction records do not hold.

        Raises:
            ValueError: with the keys that there are.
        """
        known = dict.fromkeys((ROW_KEY, *([dataset.entity] if dataset.entity else []), *dataset.row_key))
        if self.key not in known or (self.key == "entity" and dataset.entity != "entity"):
            raise unknown("key", self.key, known, what="key of the dataset's predictions")

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
    """Each prediction becomes an event on the account's default bus, from the source ``mdlc``.

    At least once: a delivery that is repeated sends events again. Clients that count or act take each
    ``inference_id`` once; it is the same for the same row, run and package.

    Args:
        detail_type: the events' detail type; not one that the workflows themselves use.
        columns: what the detail holds besides model, run, ``inference_id``, score and ``predicted_at``, of
            `ABOUT`.
        parallel: files that are sent at a time. The bus has a quota of events a second in each region.

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
        """Any dataset will do."""

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
