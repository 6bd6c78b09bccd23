"""How records are written for a model's containers, and how its answers are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

RecordFormat = Literal["csv", "libsvm", "jsonlines", "recordio"]

MIME_TYPES: Mapping[RecordFormat, str] = {
    "csv": "text/csv",
    "libsvm": "text/libsvm",
    "jsonlines": "application/jsonlines",
    "recordio": "application/x-recordio-protobuf",
}
"""The content type of each record format."""


@dataclass(frozen=True, kw_only=True)
class RecordsSection:
    """The records of a model.

    Attributes:
        training: the format of the training and validation records.
        scoring: the format of the records that are scored; they hold features only.
        label: whether the training records have the label, which is the first column of CSV.
        accept: the content type of the answers of transform jobs and endpoints.
        answers: how an answer is read, a key of `ANSWER_READERS`; empty for bare numbers in the order of the
            dataset's answer names.
        shards: the number of files that the training part is divided into, one or more an instance.
    """

    training: RecordFormat = "csv"
    scoring: RecordFormat = "csv"
    label: bool = True
    accept: str = "text/csv"
    answers: str = ""
    shards: int = 1

    @property
    def training_type(self) -> str:
        """The content type of the training records; AWS's algorithms are told there is no label."""
        kind = MIME_TYPES[self.training]
        return f"{kind};label_size=0" if self.training == "csv" and not self.label else kind

    @property
    def scoring_type(self) -> str:
        """The content type of the records that are scored."""
        return MIME_TYPES[self.scoring]
