import json
from pathlib import Path

import pytest

from jobs.answer_arrays import read_answers
from jobs.answers import AnswerShape
from jobs.database import connect
from jobs.errors import InputError
from jobs.predictions import answer_to, faults, load_answers, numbered_files
from tests.jobs.batches import Batch

pytestmark = pytest.mark.slow

SCORE = AnswerShape(task="regression")
CLASSES = AnswerShape(task="multiclass", names=("a", "b", "c"))


def loaded(path: Path) -> list[float | None]:
    with connect() as (connection, _):
        load_answers(connection, path, "scores", SCORE)
        return [row[0] for row in connection.execute("SELECT score FROM scores ORDER BY row").fetchall()]


@pytest.mark.parametrize(
    "text", ["0.1\n0.2\n0.3\n", "0.1,0.2,0.3", "0.1,0.2\n0.3\n", "0.1\r\n0.2\r\n\r\n0.3"]
)
def test_scores_come_by_line_or_by_comma(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv.out"
    path.write_bytes(text.encode())
    assert loaded(path) == [0.1, 0.2, 0.3]


@pytest.mark.parametrize("content", [b"0.1\r\n0.2\n", b"0.1\n0.2\r10.4\n", b"0.1\n\xff\n"])
def test_answers_that_are_no_lines_of_text_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv.out"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"The answers in a\.csv\.out cannot be read: let the model"):
        loaded(path)


def test_answers_are_found_by_their_very_name(tmp_path: Path) -> None:
    for name in ("a1.csv.out", "[a]*.csv.out"):
        (tmp_path / name).write_text("0.5\n")
    for name in ("[a]*", "a1"):
        path = answer_to(tmp_path, name)
        assert (path.name, loaded(path)) == (f"{name}.csv.out", [0.5])


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".libsvm", ".pbr"])
def test_answers_are_found_whatever_format_their_records_have(ending: str, tmp_path: Path) -> None:
    (tmp_path / f"a{ending}.out").write_text("0.5\n")
    assert loaded(answer_to(tmp_path, "a")) == [0.5]


def test_the_order_of_many_scores_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.out"
    path.write_text("\n".join(str(number) for number in range(300_000)))
    assert loaded(path) == [float(number) for number in range(300_000)]


@pytest.mark.parametrize(
    ("text", "rows", "task", "said"),
    [
        ("0.1\n0.2", 2, "binary", []),
        ("0.1\n0.2", 3, "binary", ["2 scores for 3 rows"]),
        ("0.1\nnone", 2, "binary", ["1 scores are no finite numbers"]),
        ("0.1\nnan", 2, "binary", ["1 scores are no finite numbers"]),
        ("0.1\n1.2", 2, "binary", ["from 0.1 to 1.2; probabilities"]),
        ("0.1\n1.2", 2, "regression", []),
        ("", 1, "binary", ["0 scores for 1 rows"]),
    ],
)
def test_what_is_wrong_with_answers_is_said(
    tmp_path: Path, text: str, rows: int, task: str, said: list[str]
) -> None:
    path = tmp_path / "a.csv.out"
    path.write_text(text)
    with connect() as (connection, _):
        load_answers(connection, path, "scores", AnswerShape(task=task))
        found = faults(connection, "scores", rows=rows, shape=AnswerShape(task=task), about="a")
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))


def test_answers_are_found_wherever_the_transform_job_put_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no answers to a under"):
        answer_to(tmp_path, "a")
    (tmp_path / "00").mkdir()
    (tmp_path / "00" / "a.csv.out").write_text("1")
    assert answer_to(tmp_path, "a") == tmp_path / "00" / "a.csv.out"
    (tmp_path / "a.csv.out").write_text("1")
    with pytest.raises(InputError, match="2 files of answers"):
        answer_to(tmp_path, "a")


def test_names_are_flat_numbered_and_do_not_clash(batch: Batch) -> None:
    for name in ("b/x.csv", "a/x.csv.gz", "y.csv", "z[1]*ä?.csv", "z" * 200):
        batch.write(name, "content")
    assert [(file.name, name) for file, name in numbered_files(batch.plan())] == [
        ("a/x.csv.gz", "00000-x"),
        ("b/x.csv", "00001-x"),
        ("y.csv", "00002-y"),
        ("z[1]*ä?.csv", "00003-z-1-"),
        ("z" * 200, "00004-" + "z" * 60),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[0.1, 0.7, 0.2]\n[0.5, 0.5, 0.0]\n",  # XGBoost's image in a transform job
        "0.1,0.7,0.2\n0.5,0.5,0.0\n",  # the same otherwise
        "0.1,0.7,0.2,0.5,0.5,0.0",
        "0.1\n0.7\n0.2\n0.5\n0.5\n0.0\n",
        '{"predictions": [{"score": [0.1, 0.7, 0.2]}, {"score": [0.5, 0.5, 0.0]}]}',
        '{"score": [0.1, 0.7, 0.2]}\n{"score": [0.5, 0.5, 0.0]}\n',
        '"[0.1, 0.7, 0.2]"\n"[0.5, 0.5, 0.0]"\n',
        '{"b": 0.7, "c": 0.2, "a": 0.1}\n{"c": 0.0, "a": 0.5, "b": 0.5}\n',
        '{"probabilities": {"b": 0.7, "a": 0.1, "c": 0.2}}\n[0.5, 0.5, 0.0]\n',
        '{"version": 7, "score": 0.7, "prediction": "b", "probabilities": {"b": 0.7, "a": 0.1, "c": 0.2}}\n'
        '{"probabilities": [0.5, 0.5, 0.0]}\n',
        '{"predictions": [{"b": 0.7, "a": 0.1, "c": 0.2}, {"probabilities": {"c": 0, "b": 0.5, "a": 0.5}}]}',
    ],
)
def test_several_numbers_of_a_row_are_read_however_they_are_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv.out"
    path.write_text(text)
    with connect() as (connection, _):
        assert load_answers(connection, path, "scores", CLASSES) == 2
        assert faults(connection, "scores", rows=2, shape=CLASSES, about="a") == []
        scores, answers = read_answers(connection, "scores", CLASSES)
        rows = connection.execute(
            f"SELECT {CLASSES.prediction('answer')} FROM scores ORDER BY row"
        ).fetchall()
    assert answers is not None
    assert (scores.tolist(), answers.tolist()) == ([0.7, 0.5], [[0.1, 0.7, 0.2], [0.5, 0.5, 0.0]])
    assert rows == [("b",), ("a",)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1\n0\n", "a: 2 numbers for 2 rows; a row's answer has 3, one for each of 'a', 'b', 'c'."),
        ("0.2,0.3,0.1,0.4\n0.2,0.3,0.1,0.4\n", "a: 8 numbers for 2 rows; a row's answer has 3"),
        ('{"a": NaN, "c": 0.7, "b": 0.2}\n0.2,0.3,0.5\n', "a: 1 of 2 answers hold what is no finite number."),
        ("0.2,0.3,nan\n0.2,0.3,x\n", "a: 2 of 2 answers hold what is no finite number."),
        ("0.2,0.3,0.6\n0.2,0.3,0.5\n", "a: 1 of 2 answers are no probabilities from 0 to 1 whose sum is 1."),
        ("1.5,-0.5,0\n0.2,0.3,0.5\n", "a: 1 of 2 answers are no probabilities from 0 to 1 whose sum is 1."),
        ("0.3333,0.3333,0.3333\n0.2,0.3,0.5\n", None),
    ],
)
def test_what_is_wrong_with_probabilities_is_said(tmp_path: Path, text: str, said: str | None) -> None:
    path = tmp_path / "a.csv.out"
    path.write_text(text)
    with connect() as (connection, _):
        load_answers(connection, path, "scores", CLASSES)
        found = faults(connection, "scores", rows=2, shape=CLASSES, about="a")
    assert [sentence[: len(said or "")] for sentence in found] == ([said] if said else [])


@pytest.mark.parametrize(
    "text",
    [
        '{"x": 0.1, "y": 0.7, "z": 0.2}',
        '{"a": 0.1, "b": 0.7, "z": 0.2}',
        '{"a": 0.1, "b": 0.7, "c": 0.2, "d": 0.0}',
        '{"a": 0.1, "a": 0.7, "b": 0.2}',
        '{"predictions": [{"x": 0.1, "y": 0.7, "z": 0.2}]}',
        '{"probabilities": {"x": 0.1, "y": 0.7, "z": 0.2}}',
    ],
)
def test_numbers_with_other_names_are_not_read_by_their_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv.out"
    path.write_text(text + "\n")
    said = r"a\.csv\.out have numbers with other names, as in \{.*\}: .* for each of 'a', 'b', 'c', by these"
    with connect() as (connection, _), pytest.raises(InputError, match=said):
        load_answers(connection, path, "scores", CLASSES)


def test_names_may_hold_what_json_escapes(tmp_path: Path) -> None:
    shape = AnswerShape(task="multiclass", names=('a"b', "c/d~e", "it's, *"))
    path = tmp_path / "a.csv.out"
    path.write_text(json.dumps({"it's, *": 0.2, "c/d~e": 0.7, 'a"b': 0.1}))
    with connect() as (connection, _):
        load_answers(connection, path, "scores", shape)
        assert connection.execute("SELECT answer FROM scores").fetchall() == [([0.1, 0.7, 0.2],)]


@pytest.mark.parametrize(
    "text",
    [
        "2,0.53",
        '{"distance_to_cluster": 0.53, "closest_cluster": 2.0}',
        '{"predictions": [{"distance_to_cluster": 0.53, "closest_cluster": 2.0}]}',
        '{"distance": 0.53, "cluster": 2}',
    ],
)
def test_a_cluster_and_its_distance_are_read_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv.out"
    path.write_text(text)
    shape = AnswerShape(task="cluster", names=("cluster", "distance"))
    with connect() as (connection, _):
        load_answers(connection, path, "scores", shape)
        assert connection.execute("SELECT score, answer FROM scores").fetchall() == [(0.53, [2.0, 0.53])]
