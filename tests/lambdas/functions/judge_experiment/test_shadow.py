"""When a shadow holds, when it speaks against itself, and when too little is known."""

import json
import re
from typing import Any

import pytest

from lambdas.functions.judge_experiment.captures import Exchange
from lambdas.functions.judge_experiment.shadow import Pairs, VariantMetrics, compare, judge
from lambdas.probing.comparison import Answer, parsed
from mdlc_constructs.settings.experiment import Shadow

SETTINGS = Shadow(tolerance=0.1, pairs=50).judgement(0.25)


def said(*answers: Any, ids: tuple[str, ...]) -> Exchange:
    parts = tuple(None if scores is None else Answer(scores=scores) for scores in answers)
    return Exchange(ids=ids, inference_id=None, row=None, answers=parts)


def classified(**probabilities: float) -> Exchange:
    answer = parsed(json.dumps({"probabilities": probabilities}))
    return Exchange(ids=("event 1",), inference_id=None, row=None, answers=(answer,))


def test_answers_to_the_same_request_are_pairs() -> None:
    champion = [
        said((0.5,), ids=("inference a", "event 1", "request x")),
        said((0.7,), ids=("event 2", "request y")),
        said((0.9,), ids=("event 3", "request z")),
    ]
    shadow = [
        said((0.55,), ids=("inference a", "event 7", "request x")),
        said((0.7,), ids=("event 2", "request y")),
        # SageMaker's ids differ: the same request had that answer.
        said((0.1,), ids=("event 9", "request z")),
        said((0.1,), ids=("event 8", "request nobody asked the champion")),
    ]
    assert compare(champion, shadow, 0.1) == Pairs(pairs=3, outside=1)


@pytest.mark.parametrize(
    ("first", "second", "near"),
    [
        (((1.0, 2.0),), ((1.05, 2.05),), True),
        (((1.0, 2.0),), ((1.0, 3.0),), False),
        (((1.0,),), ((1.0, 3.0),), False),
        (((1.0,), (2.0,)), ((1.0,),), False),
        (((1.0,),), (None,), False),
    ],
)
def test_all_numbers_of_all_rows_must_be_near(first: Any, second: Any, near: bool) -> None:
    found = compare([said(*first, ids=("event 1",))], [said(*second, ids=("event 1",))], 0.1)
    assert found == Pairs(pairs=1, outside=int(not near))


def test_without_answers_there_is_no_pair() -> None:
    assert compare([said(ids=("event 1",))], [said((1.0,), ids=("event 1",))], 1).pairs == 0
    assert compare([said((1.0,), ids=("event 1",))], [said(ids=("event 1",))], 1).pairs == 0


@pytest.mark.parametrize(
    ("champion", "shadow", "near", "classes"),
    [
        ({"a": 0.7, "b": 0.3}, {"b": 0.3, "a": 0.7}, True, ()),
        ({"a": 0.7, "b": 0.3}, {"b": 0.7, "a": 0.3}, False, ()),
        ({"a": 0.7, "b": 0.3, "c": 0.0}, {"a": 0.7, "b": 0.3, "d": 0.0}, True, ("c", "d")),
        # In the order of the names the numbers are equal; the classes are not.
        ({"a": 0.0, "b": 0.3, "c": 0.7}, {"a": 0.0, "b": 0.3, "d": 0.7}, False, ("c", "d")),
        ({"a": 0.65, "b": 0.35}, {"a": 0.6, "b": 0.35, "c": 0.05}, True, ("c",)),
    ],
)
def test_probabilities_are_compared_by_the_names_of_classes(
    champion: dict[str, float], shadow: dict[str, float], near: bool, classes: tuple[str, ...]
) -> None:
    found = compare([classified(**champion)], [classified(**shadow)], 0.1)
    assert found == Pairs(pairs=1, outside=int(not near), classes=classes)


def test_probabilities_are_not_compared_with_numbers_without_names() -> None:
    numbers = said((0.7, 0.3), ids=("event 1",))
    assert compare([classified(a=0.7, b=0.3)], [numbers], 0.1) == Pairs(pairs=1, outside=1)


def test_classes_of_one_version_only_are_told() -> None:
    verdict = judge(Pairs(pairs=80, outside=4, classes=("c", "d")), WELL, WELL, SETTINGS)
    assert verdict.summary.endswith(
        "Only one of the versions knows c, d: the other's probability of them counts as 0."
    )


WELL = VariantMetrics(invocations=100, failures=2, latency=1000)


@pytest.mark.parametrize(
    ("found", "shadow", "decision", "error", "words"),
    [
        (Pairs(pairs=80, outside=4), WELL, "promote", "", "promoted: 80 pairs of answers, 5.0% of them"),
        (Pairs(pairs=80, outside=5), WELL, "drop", "ShadowDropped", "its answers are too far off:"),
        (
            Pairs(pairs=80, outside=0),
            VariantMetrics(invocations=100, failures=4, latency=1000),
            "drop",
            "ShadowDropped",
            "it fails more often: .* 4.0% of 100 copied requests failed and 2.0% of the champion's",
        ),
        (
            Pairs(pairs=80, outside=80),
            VariantMetrics(invocations=100, failures=2, latency=1600),
            "drop",
            "ShadowDropped",
            "too far off and it is too slow: .* 1.60 times the champion's",
        ),
        # All its requests fail: there are no pairs, and it is known why.
        (
            Pairs(pairs=0, outside=0),
            VariantMetrics(invocations=100, failures=100, latency=None),
            "drop",
            "ShadowDropped",
            "it fails more often",
        ),
        (Pairs(pairs=49, outside=49), WELL, "undecided", "TooFewPairs", "fewer than 50 pairs were found"),
        (
            Pairs(pairs=80, outside=0),
            VariantMetrics(invocations=0, failures=0, latency=None),
            "undecided",
            "NoMetrics",
            "its metrics are missing: .* mean latency unknown",
        ),
    ],
)
def test_what_is_said_of_a_shadow(
    found: Pairs, shadow: VariantMetrics, decision: str, error: str, words: str
) -> None:
    verdict = judge(found, WELL, shadow, SETTINGS)
    assert (verdict.decision, verdict.error) == (decision, error)
    assert re.search(words, verdict.summary), verdict.summary
