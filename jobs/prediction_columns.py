"""The columns of a model's answers whose distributions are compared: in the baseline and in each window."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobs.answers import AnswerShape
from jobs.names import free

SCORE, PREDICTED, WITHIN_GROUP, NUMBER = "score", "prediction", "score_within_group", "answer:"
"""What a column holds: the score; the predicted class; the score minus the mean score of the row's group; or,
before the name of a class or quantile level, that number of the answer."""

_PREFIXES = {"probabilities": "probability", "quantiles": "quantile"}


@dataclass(frozen=True, kw_only=True)
class PredictionColumn:
    """A column of answers.

    Attributes:
        part: what it holds: `SCORE`, `PREDICTED`, `WITHIN_GROUP`, or `NUMBER` with a name.
        kind: its declared type.
    """

    name: str
    part: str
    kind: str = "number"


def prediction_columns(shape: AnswerShape, taken: Iterable[str], *, grouped: bool) -> list[PredictionColumn]:
    """The columns of a task's answers, the score first.

    Args:
        taken: names of the user's columns, which are not used again.
        grouped: whether the groups of rows are known.
    """
    parts = [("score", SCORE, "number")]
    if shape.published in _PREFIXES:
        parts += [
            (f"{_PREFIXES[shape.published]}:{name}", f"{NUMBER}{name}", "number") for name in shape.names
        ]
    if shape.task == "multiclass":
        parts.append(("prediction", PREDICTED, "category"))
    if shape.task == "ranking" and grouped:
        parts.append(("score_within_group", WITHIN_GROUP, "number"))
    names, columns = list(taken), []
    for name, part, kind in parts:
        names.append(free(name, names))
        columns.append(PredictionColumn(name=names[-1], part=part, kind=kind))
    return columns


def to_json(columns: Iterable[PredictionColumn]) -> dict[str, str]:
    """The columns for ``mdlc.predictions`` of ``statistics.json``: by name what they hold."""
    return {column.name: column.part for column in columns}


def from_json(document: Mapping[str, str], shape: AnswerShape) -> list[PredictionColumn]:
    """The columns of a baseline, as far as the answers of this shape have them."""
    own = {column.part: column.kind for column in prediction_columns(shape, (), grouped=True)}
    return [
        PredictionColumn(name=name, part=part, kind=own[part])
        for name, part in document.items()
        if part in own
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
    if column.part == PREDICTED:
        return shape.prediction(answer)
    if column.part == WITHIN_GROUP:
        return f"{score} - avg({score}) OVER (PARTITION BY {group})"
    return f"{answer}[{shape.names.index(column.part.removeprefix(NUMBER)) + 1}]"
