from pathlib import Path

import duckdb
import pytest

from jobs.answers import AnswerShape
from jobs.predictions import faults, load_answers

SHAPE = AnswerShape(task="forecast", names=("0.1", "0.5", "0.9"), horizon=2)
GOOD = '{"mean": [1, 2], "quantiles": {"0.50": [2, 3], "0.9": [4.5, 5], "0.1": [0, 1]}}\n'


def loaded(folder: Path, text: str, rows: int) -> tuple[list[tuple[int, float, list[float]]], list[str]]:
    path = folder / "answers.out"
    path.write_text(text)
    with duckdb.connect() as connection:
        load_answers(connection, path, "answers", SHAPE)
        found = connection.execute("SELECT row, score, answer FROM answers ORDER BY row").fetchall()
        return found, list(faults(connection, "answers", rows=rows, shape=SHAPE, about="The answers"))


def test_each_line_is_a_row_for_each_step_with_the_median_as_score(tmp_path: Path) -> None:
    found, wrong = loaded(tmp_path, GOOD * 2, rows=4)
    assert wrong == []
    assert found == [
        (0, 2.0, [0.0, 2.0, 4.5]),
        (1, 3.0, [1.0, 3.0, 5.0]),
        (2, 2.0, [0.0, 2.0, 4.5]),
        (3, 3.0, [1.0, 3.0, 5.0]),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD, "The answers: 1 lines for 2 series and origins."),
        (
            GOOD + '{"quantiles": {"0.1": [1], "0.5": [2, 3], "0.9": [3, 4]}}',
            "The answers: 1 of 4 steps lack a finite number for a quantile; each line needs quantiles with "
            "lists of 2 numbers for '0.1', '0.5', '0.9'.",
        ),
        (GOOD + '{"quantiles": {"0.5": [2, 3]}}', "The answers: 2 of 4 steps lack a finite number"),
        (GOOD + '{"quantiles": {"p10": [1, 2], "p50": [2, 3]}}', "The answers: 2 of 4 steps lack a finite"),
        (GOOD + "2.5,3.5", "The answers: 2 of 4 steps lack a finite number"),
        (GOOD + '{"quantiles": {"0.1": [1, "NaN"], "0.5": [2, 3], "0.9": [3, 4]}}', "1 of 4 steps lack a"),
        (
            GOOD + '{"quantiles": {"0.1": [1, 1], "0.10": [1, 1], "0.5": [2, 3], "0.9": [3, 4]}}',
            "The answers: 1 of 2 lines have a quantile level twice, such as 0.1 and 0.10; each line",
        ),
        (
            GOOD + '{"quantiles": {"0.1": [1, 1], "0.1": [0, 0], "0.5": [2, 3], "0.9": [3, 4]}}',
            "The answers: 1 of 2 lines have a quantile level twice",
        ),
        (
            GOOD + '{"quantiles": {"0.1": [1, 1], "0.5": [2, 3, 4], "0.9": [3, 4]}}',
            "The answers: 1 of 2 lines have lists of more than 2 numbers; let the model answer one number",
        ),
        (
            GOOD + '{"quantiles": {"0.1": [5, 1], "0.5": [2, 3], "0.9": [1, 4]}}',
            "The answers: the quantiles of 1 of 4 steps cross: a higher level has a lower number; let the",
        ),
    ],
)
def test_answers_that_are_no_quantiles_are_told(tmp_path: Path, text: str, said: str) -> None:
    (sentence,) = loaded(tmp_path, text, rows=4)[1]
    assert said in sentence


def test_levels_that_nobody_asked_for_are_not_read(tmp_path: Path) -> None:
    more = '{"quantiles": {"0.1": [0, 1], "0.5": [2, 3], "0.9": [2, 5], "0.2": [9, 9, 9]}}'
    found, wrong = loaded(tmp_path, more, rows=2)
    assert (wrong, found) == ([], [(0, 2.0, [0.0, 2.0, 2.0]), (1, 3.0, [1.0, 3.0, 5.0])])
