"""The truth about served predictions: where it comes in, how it is joined to them, and how late."""

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
"""The format of labels by inference id, which is no file of the dataset."""

MAX_WITHIN = timedelta(days=400)


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Files below one S3 prefix that tell what came of predictions.

    A file that comes late updates the windows of served time that it has labels of.

    Args:
        uri: ``s3://bucket/prefix/`` with the closing slash; may be that of the training data.
        by: what joins a label to its prediction: "row_key" or "entity_and_time" (files with the dataset's
            columns), or "inference_id": JSON lines ``{"request_id": ..., "value": ...}``, where
            ``request_id`` is the caller's ``InferenceId``.
        delay: how late labels usually come. Before that a window without labels is no reason to worry.
        within: how long a window is kept open for them; what comes later is not read any more. Every new file
            computes each open window anew that is not complete, so this is what late labels cost.
        least_coverage: share (0 to 1) of a window's rows that must have a label once ``delay`` is over.
        complete: share of a window's rows with a label from which it is not computed again.
        format: of files with the dataset's columns; by default the dataset's own. CSV files are written as
            the dataset's are (``delimiter``, ``timestamp_format``).

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
        """Refuse a join that needs a column which the dataset does not declare.

        Raises:
            ValueError: naming the argument and the remedy.
        """
        if self.by == "entity_and_time" and dataset.entity is None:
            raise refusal("by", self.by, "dataset.entity is None; name it, or join by row_key.")

    def to_plan(self, dataset: Dataset) -> LabelSource:
        """As the planner holds them; the job's plan gets ``by`` and ``format`` of it."""
        return LabelSource(
            uri=self.uri,
            by=self.by,
            format=BY_LINE if self.by == "inference_id" else self.format or dataset.format,
            delay_seconds=int(self.delay.total_seconds()),
            within_seconds=int(self.within.total_seconds()),
            complete=self.complete,
        )
