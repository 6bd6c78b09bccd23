"""How records are written for a model's containers, and how its answers are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mdlc_constructs.settings.payloads.codec import OMIT_NONE

RecordFormat = Literal["csv", "libsvm", "jsonlines", "recordio"]

MIME_TYPES: Mapping[RecordFormat, str] = {
    "csv": "text/csv",
    "libsvm": "text/libsvm",
    "jsonlines": "application/jsonlines",
    "recordio": "application/x-recordio-protobuf",
}
"""The content type of each record format."""

SUFFIXES: Mapping[RecordFormat, str] = {
    "csv": ".csv",
    "libsvm": ".libsvm",
    "jsonlines": ".jsonl",
    "recordio": ".pbr",
}
"""The ending of the names of files of each record format."""


@dataclass(frozen=True, kw_only=True)
class RecordTypes:
    """The record and answer types in the request of a transform job.

    Attributes:
        content_type: of the records.
        accept: the content type of the answers.
        split: the API's `SplitType`.
    """

    content_type: str = "text/csv"
    accept: str = "text/csv"
    split: str = "Line"

    @classmethod
    def of(cls, content_type: str, accept: str) -> "RecordTypes":
        """The types with the way to split records of the content type.

        Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformInput.html
        """
        split = "RecordIO" if content_type == MIME_TYPES["recordio"] else "Line"
        return cls(content_type=content_type, accept=accept, split=split)


@dataclass(frozen=True, kw_only=True)
class RecordsSection:
    """The records of a model.

    Attributes:
        training: the format of the training and validation records.
        scoring: the format of the records that are scored; they hold features only.
        label: whether the training records have the label, which is the first column of CSV.
        accept: the content type of the answers of transform jobs and endpoints.
        answers: how an answer is read, a key of `ANSWER_FORMATS`; empty for bare numbers in the order of the
            dataset's answer names.
        shards: the number of files that the training part is divided into, one or more an instance.
        content_type: the content type of all records where it is not that of their format.
        suffix: the ending of the names of training files where it is not that of their format.
    """

    training: RecordFormat = "csv"
    scoring: RecordFormat = "csv"
    label: bool = True
    accept: str = "text/csv"
    answers: str = ""
    shards: int = 1
    content_type: str = ""
    suffix: str | None = field(default=None, metadata={OMIT_NONE: True})

    @classmethod
    def usual(cls, task: str) -> "RecordsSection":
        """The records of a plan without this section: they follow from the task."""
        if task == "forecast":
            return cls(training="jsonlines", scoring="jsonlines", accept=MIME_TYPES["jsonlines"])
        return cls(training="libsvm" if task == "ranking" else "csv")

    @property
    def training_suffix(self) -> str:
        """The ending of the names of files of training and validation records."""
        return self.suffix or SUFFIXES[self.training]

    @property
    def training_type(self) -> str:
        """The content type of the training records; a CSV without a label says so to AWS's algorithms."""
        kind = self.content_type or MIME_TYPES[self.training]
        return f"{kind};label_size=0" if self.training == "csv" and not self.label else kind

    @property
    def scoring_type(self) -> str:
        """The content type of the records that are scored."""
        return self.content_type or MIME_TYPES[self.scoring]

    @property
    def types(self) -> RecordTypes:
        """The types in the request of a transform job."""
        return RecordTypes.of(self.scoring_type, self.accept)
