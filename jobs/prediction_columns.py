"""The columns of a model's answers whose distributions are compared: in the baseline and in each window."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobs.answers import AnswerShape
from jobs.names import free
from mdlc_constructs.settings.payloads.tasks import BY_CLASS

SCORE, PREDICTED, WITHIN_GROUP = "score", "class", "score within group"
"""What a column holds: the score; the predicted class; the score minus the mean score of the row's group."""

_PREFIXES = {"probabilities": "probability", "quantiles": "quantile"}


@dataclass(frozen=True, kw_only=True)
class PredictionColumn:
    """A column of answers.

    Attributes:
        part: what it holds: `SCORE`, `PREDICTED`, `WITHIN_GROUP`, or the name of one of the answer's numbers.
        kind: its declared type.
    """

    name: str
    part: str
    kind: str = "number"


def prediction_columns(shape: AnswerShape, taken: Iterable[str]) -> list[PredictionColumn]:
    """The columns of a task's answers, the score first.

    Args:
        taken: names of the user's columns, which are not used again.
    """
    names = list(taken)
    columns = [PredictionColumn(name=free("score", names), part=SCORE)]
    if shape.published:
        prefix = _PREFIXES[shape.published]
        for part in shape.names:
            columns.append(PredictionColumn(name=free(f"{prefix}{BY_CLASS}{part}", names), part=part))
    if shape.task == "multiclass":
        columns.append(PredictionColumn(name=free("prediction", names), part=PREDICTED, kind="category"))
    if shape.task == "ranking":
        columns.append(PredictionColumn(name=free("score_within_group", names), part=WITHIN_GROUP))
    return columns


def to_json(columns: Iterable[PredictionColumn]) -> dict[str, str]:
    """The columns for ``mdlc.predictions`` of ``statistics.json``: by name what they hold."""
    return {column.name: column.part for column in columns}


def from_json(document: Mapping[str, str], shape: AnswerShape) -> list[PredictionColumn]:
    """The columns of a baseline, as far as the answers of this shape have them."""
    known = {SCORE, *shape.names}
    if shape.task == "multiclass":
        known.add(PREDICTED)
    if shape.task == "ranking":
        known.add(WITHIN_GROUP)
    return [
        PredictionColumn(name=name, part=part, kind="category" if part == PREDICTED else "number")
        for name, part in document.items()
        if part in known
    ]


def expression(column: PredictionColumn, shape: AnswerShape, *, score: str, answer: str, group: str) -> str:
    """The SQL expression of a column.

    Args:
        score: the SQL expression of the score.
        answer: that of all numbers of the answer.
        group: that of the row's group.
    """
    if column.part == SCORE:
        return score
    if column.part == PREDICTED and shape.task == "multiclass":
        return shape.prediction(answer)
    if column.part == WITHIN_GROUP and shape.task == "ranking":
        return f"{score} - avg({score}) OVER (PARTITION BY {group})"
    return f"{answer}[{shape.names.index(column.part) + 1}]"
