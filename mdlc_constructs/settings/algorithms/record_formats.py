"""The records of each built-in algorithm, and the content type of its answers."""

from typing import Literal

from mdlc_constructs.settings.algorithms.table import AlgorithmFacts
from mdlc_constructs.settings.payloads.records import MIME_TYPES, RecordFormat, RecordsSection

JUMPSTART = "jumpstart"
"""The key of `ANSWER_FORMATS` for the algorithms whose scripts come from JumpStart."""

WITHOUT_LABEL = ("cluster", "anomaly", "embedding")
"""The tasks whose training records have no label."""

_ACCEPTED: dict[str, str] = {
    # Only the verbose answer has the labels of the neighbors, of which the probabilities are made. Source:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/kNN-inference-formats.html
    "knn": "application/jsonlines; verbose=true",
}


def records_of(facts: AlgorithmFacts, task: str) -> RecordsSection:
    """The records of an algorithm for a task of a dataset."""
    if facts.name == "xgboost":
        # The training records of a ranking are LIBSVM, because CSV has no groups.
        return RecordsSection(training="libsvm" if task == "ranking" else "csv")
    if facts.jumpstart:
        return RecordsSection(accept="application/json", answers=JUMPSTART)
    return RecordsSection(
        training=_format(facts.training_types),
        scoring=_format(facts.scoring_types),
        label=task not in WITHOUT_LABEL,
        accept=_ACCEPTED.get(facts.name, MIME_TYPES["jsonlines"]),
        answers=facts.name,
    )


def _format(content_types: tuple[str, ...]) -> RecordFormat:
    """The format that we write of those that an algorithm takes: CSV when it can, RecordIO next."""
    formats: tuple[Literal["csv", "recordio", "jsonlines"], ...] = ("csv", "recordio", "jsonlines")
    return next(kind for kind in formats if MIME_TYPES[kind] in content_types)
