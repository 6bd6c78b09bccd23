"""Which version won: the interval keeps its word, and entities count once."""

import random
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.functions.judge_experiment.ab import by_entity, interval, judge, outcomes
from lambdas.functions.judge_experiment.captures import Exchange
from mdlc_constructs.settings.experiment import ABTest

pytestmark = pytest.mark.slow

SETTINGS = ABTest(outcomes=30).judgement("tail")
VALUES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50)


def test_outcomes_that_are_none_are_passed_over() -> None:
    text = "\n".join(
        (
            '{"request_id": "a", "value": 1}',
            '{"request_id": "a", "value": true}',
            '{"request_id": 7, "value": 1}',
            '{"request_id": 8.0, "value": 0, "comment": "a\u2028b"}',
            '{"request_id": 8.5, "value": 0}',
            '{"request_id": true, "value": 0}',
            '{"request_id": "b"}',
            '{"request_id": "b", "value": NaN}',
            "cut o",
            '{"request_id": "c", "value": 0.5, "comment": "late"}',
        )
    )
    assert list(outcomes(text)) == [("a", 1.0), ("7", 1.0), ("8", 0.0), ("c", 0.5)]


def asked(request: str | None, tail: Any = None) -> Exchange:
    row = None if tail is None else {"tail": tail}
    return Exchange(ids=(), inference_id=request, row=row, answers=())


def test_an_entity_counts_once_however_often_it_asks() -> None:
    requests = [asked("a", "N1"), asked("b", "N1"), asked("b", "N1"), asked("c", 7), asked("d"), asked(None)]
    known = {"a": 1.0, "b": 3.0, "c": 5.0, "d": 7.0, "e": 9.0}
    assert by_entity(requests, known, "tail") == [2.0, 5.0, 7.0]
    assert by_entity([asked("z", "N1")], known, "tail") == []


@given(VALUES, VALUES)
def test_the_interval_lies_around_the_difference(first: list[float], second: list[float]) -> None:
    narrow, wide = (interval(first, second, confidence) for confidence in (0.8, 0.99))
    assert wide.low <= narrow.low <= narrow.difference <= narrow.high <= wide.high
    back = interval(second, first, 0.8)
    assert (back.low, back.high) == pytest.approx((-narrow.high, -narrow.low))


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_interval_holds_the_true_difference_as_often_as_it_says(confidence: float) -> None:
    drawn = random.Random(7)
    rounds = 1500
    held = 0
    for _ in range(rounds):
        champion = [drawn.gauss(1.0, 2.0) for _ in range(60)]
        challenger = [drawn.expovariate(1 / 1.5) for _ in range(120)]
        found = interval(champion, challenger, confidence)
        held += found.low <= 0.5 <= found.high
    # Four standard errors of such a share, and what the normal quantile is too narrow by.
    assert held / rounds == pytest.approx(confidence, abs=0.045)


def test_no_difference_wins_about_as_rarely_as_it_may() -> None:
    drawn = random.Random(11)
    won = 0
    for _ in range(1000):
        first, second = ([float(drawn.random() < 0.4) for _ in range(100)] for _ in range(2))
        won += judge(first, second, SETTINGS).decision == "promote"
    # Of a two-sided interval of 95 %, one side: 2.5 %.
    assert won <= 45


LOW, HIGH = [0.0, 1.0] * 40, [1.0, 2.0] * 40


@pytest.mark.parametrize(
    ("first", "second", "higher", "decision", "words"),
    [
        (
            LOW,
            HIGH,
            True,
            "promote",
            r"won: mean outcome 1\.5 over 80 entities, the champion's 0\.5 over 80;",
        ),
        (LOW, HIGH, False, "drop", "did not win: .* lower is better"),
        (HIGH, LOW, False, "promote", r"difference -1, 95% interval -1\.156 to -0\.8441, lower is better"),
        (HIGH, LOW, True, "drop", "The champion stays"),
        (LOW, LOW, True, "drop", "interval -0.1"),
        (LOW, HIGH[:29], True, "undecided", "outcomes of 80 entities of its own and 29 of the challenger's"),
        ([], HIGH, True, "undecided", "at least 30 each are wanted"),
    ],
)
def test_only_an_interval_on_the_right_side_of_zero_wins(
    first: list[float], second: list[float], higher: bool, decision: str, words: str
) -> None:
    verdict = judge(first, second, replace(SETTINGS, higher_is_better=higher))
    assert verdict.decision == decision
    assert re.search(words, verdict.summary), verdict.summary
    errors = {"promote": "", "drop": "ChallengerLost", "undecided": "TooFewOutcomes"}
    assert verdict.error == errors[decision]


@pytest.mark.parametrize(
    "hostile",
    ["[" * 100_000, "9" * 5000, '{"request_id": "r", "value": %s}' % ("9" * 400), "[[[", '"\\ud800"', "NaN"],
)
def test_a_hostile_line_hides_no_other(hostile: str) -> None:
    text = f'{{"request_id": "a\u2028b", "value": 1}}\n{hostile}\n{{"request_id": "c", "value": 0}}\r\n'
    assert list(outcomes(text)) == [("a\u2028b", 1.0), ("c", 0.0)]
