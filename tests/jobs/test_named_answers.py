from pathlib import Path

import pytest

from jobs.answers import AnswerShape
from jobs.database import connect
from jobs.errors import InputError
from jobs.predictions import faults, load_answers, shape_in

CLASSES = AnswerShape(task="multiclass", names=("a", "b", "it's"))
CLUSTERS = AnswerShape(task="cluster", names=("cluster", "distance"))
VECTOR = AnswerShape(task="embedding")
NUMBER = AnswerShape(task="regression")


def read(folder: Path, shape: AnswerShape, *lines: str, rows: int | None = None) -> tuple[object, list[str]]:
    """The scores and answers of lines, and the problems of them."""
    path = folder / "records.csv.out"
    path.write_text("".join(f"{line}\n" for line in lines))
    with connect() as (connection, _):
        shape = shape_in(connection, path, shape)
        loaded = load_answers(connection, path, "answers", shape)
        found = connection.execute("SELECT score, answer FROM answers ORDER BY row").fetchall()
        count = loaded if rows is None else rows
        return found, list(faults(connection, "answers", rows=count, shape=shape, about="x"))


@pytest.mark.parametrize(
    "line",
    [
        "0.1,0.7,0.2",
        "[0.1, 0.7, 0.2]",
        '{"b": 0.7, "it\'s": 0.2, "a": 0.1}',
        '{"probabilities": {"it\'s": 0.2, "a": 0.1, "b": 0.7}, "version": 3}',
        '{"score": [0.1, 0.7, 0.2], "predicted_label": 1}',
        '{"label": ["__label__b", "__label__it\'s", "__label__a"], "prob": [0.7, 0.2, 0.1]}',
    ],
)
def test_names_are_read_in_any_order(line: str, tmp_path: Path) -> None:
    assert read(tmp_path, CLASSES, line) == ([(0.7, [0.1, 0.7, 0.2])], [])


@pytest.mark.parametrize(
    ("shape", "lines", "expected"),
    [
        (
            CLUSTERS,
            ['{"closest_cluster": 1.0, "distance_to_cluster": 3.0}', '{"cluster": 2, "distance": 0.5}'],
            [(3.0, [1.0, 3.0]), (0.5, [2.0, 0.5])],
        ),
        (
            VECTOR,
            ['{"projections": [{"projection": [1.0, 2.0]}, {"projection": [3.0, 4.0]}]}'],
            [(1.0, [1.0, 2.0]), (3.0, [3.0, 4.0])],
        ),
        (NUMBER, ['{"score": 0.25}', '{"predicted_label": 3}'], [(0.25, None), (3.0, None)]),
    ],
)
def test_answers_of_algorithms_are_rows(
    shape: AnswerShape, lines: list[str], expected: object, tmp_path: Path
) -> None:
    assert read(tmp_path, shape, *lines) == (expected, [])


@pytest.mark.parametrize(
    ("shape", "line", "said"),
    [
        (
            CLASSES,
            '{"b": 0.7, "c": 0.2, "a": 0.1}',
            "c.*let the model write one number for each of 'a', 'b'",
        ),
        (NUMBER, '{"answer": 1}', "have numbers with other names, as in .*one number called 'score'"),
        (VECTOR, '{"answer": 1}', "a list of numbers, by the name 'vector' or bare"),
        (CLUSTERS, '{"score": 1}', "'closest_cluster', 'distance_to_cluster'"),
    ],
)
def test_nonsense_is_one_sentence(shape: AnswerShape, line: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path, shape, line)


@pytest.mark.parametrize(
    ("shape", "lines", "rows", "said"),
    [
        (NUMBER, ['{"score": NaN}', '{"score": 1}'], 2, "1 scores are no finite numbers"),
        (NUMBER, ['{"score": 1}'], 2, "1 scores for 2 rows"),
        (NUMBER, ['{"score": 1}', '{"score": 1'], 2, "1 scores are no finite numbers"),
        (
            CLUSTERS,
            ['{"closest_cluster": 0, "distance_to_cluster": NaN}'],
            1,
            "1 of 1 answers hold what is no",
        ),
        (CLUSTERS, ['{"closest_cluster": 0, "distance_to_cluster": 1}'], 2, "2 numbers for 2 rows"),
        (CLUSTERS, ['{"closest_cluster": 1.5, "distance_to_cluster": 1}'], 1, "no number of a cluster"),
        (CLUSTERS, ['{"closest_cluster": 1, "distance_to_cluster": -1}'], 1, "no number of a cluster"),
        (VECTOR, ['{"vector": [1, 2]}', '{"vector": [1]}'], 2, "3 numbers for 2 rows"),
        (VECTOR, ['{"vector": [1, null]}'], 1, "1 of 1 answers hold what is no finite number"),
        (CLASSES, ['{"a": 0.5, "b": 0.5, "it\'s": 0.5}'], 1, "are no probabilities"),
    ],
)
def test_too_few_rows_and_no_numbers_are_one_sentence(
    shape: AnswerShape, lines: list[str], rows: int, said: str, tmp_path: Path
) -> None:
    _, (sentence,) = read(tmp_path, shape, *lines, rows=rows)
    assert said in sentence
