from dataclasses import replace

import numpy as np
import pytest

from jobs.database import connect
from jobs.metrics.rows import Floats, ScoredRows
from jobs.monitoring.intervals import area
from jobs.monitoring.segments import (
    MISSING,
    Segment,
    divide_rows,
    judge_segments,
    not_compared,
    segments,
)
from jobs.names import INFERENCE_ID, LABEL, ROW_KEY, SCORE, SERVED_AT
from tests.jobs.monitoring.windows import Row, Window, event, opened, rows

pytestmark = pytest.mark.slow

Parts = list[tuple[str, str, ScoredRows]]


def found(window: Window, **monitor: object) -> tuple[list[Segment], list[str]]:
    with opened(window, **monitor) as read:
        return segments(read.connection, read.settings, read.served, read.labels, read.plan.dataset.task)


def traffic(window: Window, made: list[Row]) -> None:
    window.capture(event(row) for row in made)
    window.label(made)


def test_the_worst_comes_first_and_is_beyond_accident(window: Window) -> None:
    random = np.random.default_rng(1)
    made = [
        {**row, "y": int(random.random() < 0.5) if row["kind"] == "b" else row["y"]} for row in rows(2500)
    ]
    traffic(window, made)
    judged, notes = found(window, segments=["kind", "who"])
    assert notes == []
    assert [(s.column, s.value) for s in judged if s.worse] == [("kind", "b")]
    assert judged[0].value == "b" and judged[0].estimate == pytest.approx(0.5, abs=0.05)
    assert judged[0].rows == sum(row["kind"] == "b" for row in made)
    assert [s.high for s in judged] == sorted(s.high for s in judged)


def test_what_is_worse_than_its_own_column_comes_before_what_is_not() -> None:
    """Even where the segments of another column are worse, all alike."""
    random = np.random.default_rng(2)
    labels = (random.random(16_000) < 0.5).astype(float)
    value = (np.arange(16_000) // 4000).astype(float)
    good = random.normal(labels * np.where(value == 1, 1.5, 3.0), 1)
    bad = random.normal(labels * 0.5, 1)
    found = [*parts(labels, good, value), *parts(labels, bad, value, column="other")]
    told = judge_segments(found, "binary")
    assert (told[0].column, told[0].value) == ("c", "1")
    assert [segment.worse for segment in told] == [True, *[False] * 7]
    assert told[0].high > told[1].high


def test_a_small_segment_that_is_bad_by_accident_is_not_first(window: Window) -> None:
    made = [{**row, "kind": "rare" if number < 14 else "common"} for number, row in enumerate(rows(1500))]
    traffic(window, made)
    judged, _ = found(window, segments=["kind"], least_rows=10)
    assert [s.value for s in judged] == ["common", "rare"]
    assert judged[1].estimate < judged[0].estimate and not judged[1].worse


def parts(labels: Floats, scores: Floats, value: Floats, task: str = "binary", column: str = "c") -> Parts:
    held = []
    for one in np.unique(value):
        of = value == one
        scored = ScoredRows(labels=labels[of], scores=scores[of], task=task, threshold=0.5)
        held.append((column, f"{one:g}", scored))
    return held


def test_quiet_segments_are_not_worse() -> None:
    """Of windows in which no segment differs, at most so many have one that counts as worse."""
    random, alarms = np.random.default_rng(5), 0
    for _ in range(100):
        labels = (random.random(3000) < 0.3).astype(float)
        value = random.integers(0, 30, 3000).astype(float)
        found = judge_segments(parts(labels, random.normal(labels, 1), value), "binary")
        alarms += any(segment.worse for segment in found)
    assert alarms <= 11  # 5% of 100, and three standard deviations


def test_of_two_small_segments_neither_is_worse() -> None:
    """What a segment is held against is not certain either."""
    random, alarms = np.random.default_rng(6), 0
    for _ in range(400):
        labels = (random.random(300) < 0.3).astype(float)
        value = random.integers(0, 2, 300).astype(float)
        found = judge_segments(parts(labels, random.normal(labels, 1), value), "binary")
        alarms += any(segment.worse for segment in found)
    assert alarms <= 33  # 5% of 400, and three standard deviations


def test_segments_of_other_base_rates_are_not_worse() -> None:
    """All ten are ranked equally well within, and all rows together better than any of them."""
    random = np.random.default_rng(7)
    value = random.integers(0, 10, 50_000).astype(float)
    labels = (random.random(50_000) < (value + 0.5) / 10).astype(float)
    scores = random.normal(labels, 1) + value  # a normal with a shift a segment: AUC 0.76 in each
    whole = area(labels, scores)
    found = judge_segments(parts(labels, scores, value), "binary")
    assert whole and all(segment.high < whole.value for segment in found)
    assert not any(segment.worse for segment in found)
    assert all(segment.against == pytest.approx(0.76, abs=0.01) for segment in found)


def test_a_segment_that_is_ranked_worse_within_is_found_among_other_base_rates() -> None:
    random = np.random.default_rng(8)
    value = random.integers(0, 10, 20_000).astype(float)
    labels = (random.random(20_000) < (value + 0.5) / 10).astype(float)
    scores = random.normal(labels * np.where(value == 4, 0.5, 1.0), 1) + value
    found = judge_segments(parts(labels, scores, value), "binary")
    assert [segment.value for segment in found if segment.worse] == ["4"]


def of_classes(hard: int, easy: int, seed: int = 3) -> ScoredRows:
    """Rows of two classes that are hard to tell apart, and of a third one that is not."""
    random = np.random.default_rng(seed)
    labels = np.r_[random.integers(0, 2, hard), np.full(easy, 2)].astype(float)
    logits = random.normal(0, 1, (len(labels), 3))
    logits[np.arange(len(labels)), labels.astype(int)] += 0.5
    logits[:, 2] += np.where(labels == 2, 6.0, -6.0)
    answers = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return ScoredRows(
        labels=labels, scores=answers.max(axis=1), answers=answers, task="multiclass", names=("a", "b", "c")
    )


def test_a_segment_without_an_easy_class_is_not_worse_than_those_that_have_it() -> None:
    """It is as good at the classes that it has."""
    held = [("c", "two", of_classes(1500, 0, 1)), ("c", "three", of_classes(1500, 500, 2))]
    found = {segment.value: segment for segment in judge_segments(held, "multiclass")}
    assert not any(segment.worse for segment in found.values())
    two = found["two"]
    assert two.against is not None
    assert two.against == pytest.approx(two.estimate, abs=0.05)
    assert two.against is not None and two.against < found["three"].estimate - 0.1
    assert found["three"].against is None
    assert not_compared([*found.values()], "multiclass") == [
        "Segments of 'c': 'three' not compared, as no other has rows of all its classes."
    ]


def test_a_segment_that_is_bad_at_its_own_classes_is_found() -> None:
    bad = of_classes(1500, 0, 1)
    assert bad.answers is not None
    bad = replace(bad, answers=np.roll(bad.answers, 1, axis=0))
    found = judge_segments([("c", "two", bad), ("c", "three", of_classes(1500, 500, 2))], "multiclass")
    assert [segment.value for segment in found if segment.worse] == ["two"]


def test_larger_errors_are_worse() -> None:
    random = np.random.default_rng(9)
    value = random.integers(0, 5, 3000).astype(float)
    errors = random.normal(0, np.where(value == 2, 1.5, 1.0))
    found = judge_segments(parts(np.zeros(3000), errors, value, "regression"), "regression")
    assert [segment.value for segment in found if segment.worse] == ["2"] and found[0].worse
    rest = errors[value != 2]
    assert found[0].against == pytest.approx(np.sqrt(np.mean(rest**2)))


def test_a_lonely_segment_is_held_against_nothing(window: Window) -> None:
    traffic(window, [{**row, "kind": "a"} for row in rows(200)])
    (only,), _ = found(window, segments=["kind"])
    assert only.against is None and not only.worse


def test_enough_rows_are_needed_and_told(window: Window) -> None:
    traffic(window, rows(60))
    judged, notes = found(window, segments=["kind"], least_rows=50)
    assert judged == [] and notes == ["Segments of 'kind': no value has 50 labelled rows."]


def test_missing_values_are_a_segment(window: Window) -> None:
    made = [{**row, "kind": None if number % 2 else "a"} for number, row in enumerate(rows(200))]
    traffic(window, made)
    judged, _ = found(window, segments=["kind"])
    assert {s.value for s in judged} == {"a", MISSING}


def test_columns_that_only_labels_have_tell_rows_apart_too(window: Window) -> None:
    made = rows(200)
    window.capture(event({name: value for name, value in row.items() if name != "who"}) for row in made)
    window.label([{**row, "who": "x" if number < 100 else "y"} for number, row in enumerate(made)])
    judged, notes = found(window, segments=["who"])
    assert {(s.value, s.rows) for s in judged} == {("x", 100), ("y", 100)} and notes == []


def test_a_column_that_nothing_has(window: Window) -> None:
    made = [{name: value for name, value in row.items() if name != "who"} for row in rows(100)]
    window.capture(event(row, identity=row["id"]) for row in made)
    window.label([{"request_id": row["id"], "value": row["y"]} for row in made], "a.jsonl")
    judged, notes = found(window, segments=["who"], labels={"by": "inference_id", "format": "jsonlines"})
    assert judged == [] and notes == [
        "Segments of 'who': no served row and no row of labels has that column."
    ]


def test_rows_are_divided_by_value(window: Window) -> None:
    made = rows(90)
    traffic(window, made)
    with opened(window, least_rows=5) as read:
        parts = dict(divide_rows(read.connection, read.settings, "kind", "binary"))
    for value, scored in parts.items():
        assert sorted(zip(scored.scores, scored.labels, strict=True)) == sorted(
            (row["score"], row["y"]) for row in made if row["kind"] == value
        )


@pytest.mark.parametrize("name", ["part", "v", "n", "segment_values", "place"])
def test_a_column_may_be_called_as_a_name_of_our_own_query(window: Window, name: str) -> None:
    with connect() as (connection, _):
        connection.execute(
            f"CREATE VIEW judged AS SELECT range % 2 AS {LABEL}, 0.5 AS {SCORE}, range AS {ROW_KEY}, "
            f"TIMESTAMP '2024-03-01' AS {SERVED_AT}, CAST(range AS VARCHAR) AS {INFERENCE_ID}, "
            f"CASE WHEN range < 100 THEN 'a' ELSE 'b' END AS \"{name}\" FROM range(300)"
        )
        divided = divide_rows(connection, window.settings(least_rows=5), f'"{name}"', "binary")
    assert [(value, len(scored.labels)) for value, scored in divided] == [("a", 100), ("b", 200)]
