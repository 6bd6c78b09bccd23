"""Labels for served predictions: where they arrive, how they are joined, and how late they come."""

from dataclasses import dataclass
from datetime import timedelta
from typing import get_args

from mdlc_constructs.settings.dataset import FORMATS, Dataset
from mdlc_constructs.settings.numbers import check_above, check_duration
from mdlc_constructs.settings.payloads.job_plan import Join
from mdlc_constructs.settings.payloads.monitor_settings import LabelSource
from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.s3_folder import check_s3_folder

JOINS = get_args(Join)
BY_LINE = "jsonlines"
"""The format of label files that are joined by inference id; no dataset has it."""

MAX_WITHIN = timedelta(days=400)


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Files below one S3 prefix with the labels (true outcomes) of predictions.

    A file that comes late updates the monitoring windows to whose predictions its labels belong.

    Args:
        uri: ``s3://bucket/prefix/`` with the closing slash; it may be the training data's.
        by: how a label is joined to its prediction: by "row_key" or "entity_and_time" (files with the
            dataset's columns), or by "inference_id": JSON lines ``{"request_id": ..., "value": ...}``, where
            ``request_id`` is the caller's ``InferenceId``.
        delay: how late labels usually come. Until then a window without labels is normal.
        within: how long a window stays open for labels; later labels are ignored. Every new file recomputes
            all open windows that are not complete, so a longer time costs more.
        least_coverage: share (0 to 1) of a window's rows that must have a label when ``delay`` is over.
        complete: the share (0 to 1) of labelled rows from which a window is not recomputed any more.
        format: the format of files with the dataset's columns; by default the dataset's. CSV files have the
            dataset's ``delimiter`` and ``timestamp_format``.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    uri: str
    by: Join = "row_key"
    delay: timedelta = timedelta(days=1)
    within: timedelta = timedelta(days=7)
    least_coverage: float = 0.5
    complete: float = 0.95
    format: str | None = None

    def __post_init__(self) -> None:
        check_s3_folder("uri", self.uri)
        if self.by not in JOINS:
            raise unknown("by", self.by, JOINS, what="way to join labels")
        check_duration("within", self.within, timedelta(minutes=1), MAX_WITHIN)
        check_duration("delay", self.delay, timedelta(0), MAX_WITHIN)
        if self.delay > self.within:
            raise refusal(
                "within", str(self.within), f"ends before labels usually come (delay={self.delay})."
            )
        check_above("least_coverage", self.least_coverage, 0, 1)
        check_above("complete", self.complete, 0, 1)
        if self.format is not None and self.by == "inference_id":
            raise refusal("format", self.format, "labels by inference id are JSON lines; leave it out.")
        if self.format is not None and self.format not in FORMATS:
            raise unknown("format", self.format, FORMATS, what="format")

    def check_dataset(self, dataset: Dataset) -> None:
        """Refuse a join by a column that the dataset does not declare.

        Raises:
            ValueError: naming the argument and the remedy.
        """
        if self.by == "row_key" and not dataset.row_key:
            raise refusal("by", self.by, "the dataset has no row_key; name it, or join by inference_id.")
        if self.by != "entity_and_time":
            return
        other = "row_key" if dataset.row_key else "inference_id"
        for role in ("entity", "timestamp"):
            if getattr(dataset, role) is None:
                raise refusal("by", self.by, f"dataset.{role} is None; name it, or join by {other}.")

    def to_plan(self, dataset: Dataset) -> LabelSource:
        """The settings for the planning function, which copies ``by`` and ``format`` into the job's plan."""
        return LabelSource(
            uri=self.uri,
            by=self.by,
            format=BY_LINE if self.by == "inference_id" else self.format or dataset.format,
            delay_seconds=int(self.delay.total_seconds()),
            within_seconds=int(self.within.total_seconds()),
            complete=self.complete,
        )
