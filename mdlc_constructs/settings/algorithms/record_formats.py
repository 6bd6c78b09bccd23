"""The records of each built-in algorithm, and the content type of its answers."""

from typing import Literal

from mdlc_constructs.settings.algorithms.table import AlgorithmFacts
from mdlc_constructs.settings.payloads.answer_formats import ANSWER_FORMATS
from mdlc_constructs.settings.payloads.records import MIME_TYPES, RecordFormat, RecordsSection

JUMPSTART = "jumpstart"
"""The key of `ANSWER_FORMATS` for the algorithms whose scripts come from JumpStart."""

WITHOUT_LABEL = ("cluster", "anomaly", "embedding")
"""The tasks whose training records have no label."""

_SUFFIXES = {"forecasting-deepar": ".json"}
"""The ending of the names of training files, where an algorithm knows the format by it.

DeepAR takes ``.json``, ``.json.gz`` and ``.parquet``, and other names by an explicit content type only, whose
values no page lists. Source: https://docs.aws.amazon.com/sagemaker/latest/dg/deepar.html
"""


def records_of(facts: AlgorithmFacts, task: str) -> RecordsSection:
    """The records of an algorithm for a task of a dataset."""
    if facts.name == "xgboost":
        # The training records of a ranking are LIBSVM, because CSV has no groups.
        return RecordsSection(training="libsvm" if task == "ranking" else "csv")
    if facts.jumpstart:
        return RecordsSection(accept=ANSWER_FORMATS[JUMPSTART].accept, answers=JUMPSTART)
    return RecordsSection(
        training=_format(facts.training_types),
        scoring=_format(facts.scoring_types),
        label=task not in WITHOUT_LABEL,
        accept=ANSWER_FORMATS[facts.name].accept,
        answers=facts.name,
        suffix=_SUFFIXES.get(facts.name),
    )


def _format(content_types: tuple[str, ...]) -> RecordFormat:
    """The format that we write of those that an algorithm takes: CSV when it can, RecordIO next."""
    formats: tuple[Literal["csv", "recordio", "jsonlines"], ...] = ("csv", "recordio", "jsonlines")
    return next(kind for kind in formats if MIME_TYPES[kind] in content_types)
