"""The columns of a model's answers."""

import json

import duckdb
import pytest

from jobs.answers import AnswerShape
from jobs.prediction_columns import PredictionColumn, expression, from_json, prediction_columns, to_json

CLASSES = AnswerShape(task="multiclass", names=("a", "A", "score"))
RANKING = AnswerShape(task="ranking")


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        (AnswerShape(task="binary"), ["score"]),
        (AnswerShape(task="regression"), ["score"]),
        (RANKING, ["score", "score_within_group"]),
        (AnswerShape(task="forecast", names=("0.1", "0.5")), ["score", "quantile:0.1", "quantile:0.5"]),
        # SQL ignores case.
        (CLASSES, ["score", "probability:a", "probability:A_", "probability:score", "prediction"]),
    ],
    ids=lambda value: value.task if isinstance(value, AnswerShape) else "",
)
def test_every_task_has_its_columns_and_finds_them_again(shape: AnswerShape, names: list[str]) -> None:
    columns = prediction_columns(shape, (), grouped=True)
    assert [column.name for column in columns] == names
    assert from_json(json.loads(json.dumps(to_json(columns))), shape) == columns


def test_names_of_the_users_columns_are_not_taken() -> None:
    columns = prediction_columns(CLASSES, ("Score", "prediction"), grouped=False)
    assert (columns[0].name, columns[-1].name) == ("score_", "prediction_")


def test_columns_that_answers_do_not_have_are_left_out() -> None:
    document = {"score": "score", "probability:gone": "answer:gone", "prediction": "prediction"}
    assert [column.name for column in from_json(document, CLASSES)] == ["score", "prediction"]
    assert [column.name for column in from_json(document, RANKING)] == ["score"]


def test_a_ranking_without_groups_has_the_score() -> None:
    assert [column.name for column in prediction_columns(RANKING, (), grouped=False)] == ["score"]


def values(column: PredictionColumn, shape: AnswerShape) -> list[object]:
    sql = expression(column, shape, score="s", answer="a", group="g")
    query = f"SELECT {sql} FROM (VALUES (0.7, [0.2, 0.7, 0.1], 1), (0.5, [0.5, 0.2, 0.3], 1)) AS t(s, a, g)"
    return [float(value) if shape is RANKING else value for (value,) in duckdb.execute(query).fetchall()]


def test_what_the_columns_hold() -> None:
    score, first, second, _, predicted = prediction_columns(CLASSES, (), grouped=True)
    assert [float(str(value)) for value in values(score, CLASSES)] == [0.7, 0.5]
    assert [float(str(value)) for value in values(first, CLASSES)] == [0.2, 0.5]
    assert [float(str(value)) for value in values(second, CLASSES)] == [0.7, 0.2]
    assert values(predicted, CLASSES) == ["A", "a"]
    within = prediction_columns(RANKING, (), grouped=True)[1]
    assert values(within, RANKING) == pytest.approx([0.1, -0.1])
