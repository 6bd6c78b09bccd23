from pathlib import Path

import numpy as np
import pytest

from jobs.answers import AnswerShape
from jobs.database import connect
from jobs.errors import InputError
from jobs.evaluation.answers import Answered, read_models
from jobs.serving.program import Program

OWN = AnswerShape(task="multiclass", names=("a", "b", "c"))


def read(folder: Path, champion: tuple[str, ...] | None, answers: str, shape: AnswerShape = OWN) -> Answered:
    paths = {"challenger": folder / "1.csv.out", "champion": folder / "2.csv.out"}
    paths["challenger"].write_text("0.2,0.3,0.5\n" if shape.several else "0.2\n")
    paths["champion"].write_text(answers)
    program = None if champion is None else Program(columns={}, steps=(), classes=champion)
    with connect() as (connection, _):
        return read_models(connection, paths, np.zeros(1), shape, program, threshold=0.5)


@pytest.mark.parametrize("champion", [None, ("a", "b", "c")])
def test_equal_classes_are_compared_as_they_are(tmp_path: Path, champion: tuple[str, ...] | None) -> None:
    found = read(tmp_path, champion, "0.1,0.2,0.7\n")
    assert found.models["champion"].answers is not None
    assert found.models["champion"].answers.tolist() == [[0.1, 0.2, 0.7]]
    assert (found.notes, found.incomparable) == ((), "")


@pytest.mark.parametrize(
    ("champion", "answers", "expected", "said"),
    [
        (("c", "a", "b"), "0.7,0.1,0.2\n", [0.1, 0.2, 0.7], None),
        (("b", "c"), "0.4,0.6\n", [0.0, 0.4, 0.6], "The champion does not know 'a': its probability of"),
        (("a", "b", "c", "d"), "0.1,0.2,0.2,0.5\n", [0.2, 0.4, 0.4], "no class 'd' any more"),
        (("d", "e", "f"), "0.5,0.3,0.2\n", [1 / 3] * 3, "The champion does not know 'a', 'b', 'c'"),
    ],
)
def test_other_classes_are_compared_by_name(
    tmp_path: Path, champion: tuple[str, ...], answers: str, expected: list[float], said: str | None
) -> None:
    found = read(tmp_path, champion, answers)
    rows = found.models["champion"]
    assert rows.answers is not None and rows.names == OWN.names
    assert rows.answers.tolist() == [pytest.approx(expected)]
    assert rows.scores.tolist() == [pytest.approx(max(expected))]
    assert (said or "") in " ".join(found.notes) and bool(found.notes) is (said is not None)


def test_a_champion_of_another_task_is_not_compared(tmp_path: Path) -> None:
    found = read(tmp_path, (), "0.4\n")
    assert list(found.models) == ["challenger"]
    assert found.incomparable == "the champion's answers are of no classes, and the task is multiclass"
    found = read(tmp_path, ("a", "b", "c"), "0.1,0.2,0.7\n", AnswerShape(task="binary"))
    assert found.incomparable == "the champion's answers are of classes, and the task is binary"


def test_answers_that_are_no_probabilities_end_the_job(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="The champion's answers: 2 numbers for 1 rows"):
        read(tmp_path, ("a", "b", "c"), "0.4,0.6\n")
