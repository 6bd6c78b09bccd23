import pytest

from jobs.answers import AnswerShape
from jobs.database import connect, single

CLASSES = AnswerShape(task="multiclass", names=("a", "it's", "c"))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("[0.2, 0.5, 0.3]", (True, True, 0.5, "it's")),
        ("[0.4, 0.2, 0.4]", (True, True, 0.4, "a")),
        ("[0.4, 0.2, 0.5]", (True, False, 0.5, "c")),
        ("[0.4, NULL, 0.6]", (False, None, 0.6, "c")),
        ("NULL", (False, None, None, None)),
        ("[1.0]", (False, None, 1.0, "a")),
    ],
)
def test_an_answer_of_classes(answer: str, expected: tuple[object, ...]) -> None:
    with connect() as (connection, _):
        complete, bounded, score, name = single(
            connection,
            f"SELECT {CLASSES.complete('a')}, {CLASSES.in_bounds('a')}, {CLASSES.score('a')}, "
            f"{CLASSES.prediction('a')} FROM (SELECT CAST({answer} AS DOUBLE[]) AS a)",
        )
    assert (complete, bounded if complete else None, score, name) == expected


def test_what_is_published() -> None:
    assert CLASSES.published == "probabilities"
    assert AnswerShape(task="forecast", names=("0.1", "0.5")).published == "quantiles"
    assert AnswerShape(task="binary").published is None
