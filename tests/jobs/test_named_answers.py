import duckdb
import pytest

from jobs.answers import AnswerShape
from jobs.database import connect
from jobs.named_answers import refusal_of, several_query

SHAPE = AnswerShape(task="multiclass", names=("a", "b", "it's"))


def read(*lines: str) -> list[tuple[float, list[float]]]:
    values = ", ".join("('" + line.replace("'", "''") + "')" for line in lines)
    with connect() as (connection, _):
        query = several_query(f"SELECT line FROM (VALUES {values}) AS lines(line)", SHAPE)
        return connection.execute(f"SELECT score, answer FROM ({query}) ORDER BY row").fetchall()


@pytest.mark.parametrize(
    "line",
    [
        "0.1,0.7,0.2",
        "[0.1, 0.7, 0.2]",
        '{"b": 0.7, "it\'s": 0.2, "a": 0.1}',
        '{"probabilities": {"it\'s": 0.2, "a": 0.1, "b": 0.7}, "version": 3}',
        '{"label": ["__label__b", "__label__it\'s", "__label__a"], "prob": [0.7, 0.2, 0.1]}',
    ],
)
def test_names_are_read_in_any_order(line: str) -> None:
    assert read(line) == [(0.7, [0.1, 0.7, 0.2])]


def test_other_names_are_one_sentence() -> None:
    with pytest.raises(duckdb.Error) as error:
        read('{"b": 0.7, "c": 0.2, "a": 0.1}')
    sentence = refusal_of(str(error.value), "answers.out", SHAPE)
    assert sentence is not None and "answers.out" in sentence and '"c"' in sentence
    assert refusal_of("Out of memory", "answers.out", SHAPE) is None
