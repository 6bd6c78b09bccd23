import numpy as np
import pytest

from jobs.monitoring.intervals import auc, corrected
from jobs.monitoring.segments import MISSING, Segment, divided, segments
from tests.jobs.monitoring.windows import Row, Window, event, opened, rows


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


def test_a_small_segment_that_is_bad_by_accident_is_not_first(window: Window) -> None:
    made = [{**row, "kind": "rare" if number < 14 else "common"} for number, row in enumerate(rows(1500))]
    traffic(window, made)
    judged, _ = found(window, segments=["kind"], least_rows=10)
    assert [s.value for s in judged] == ["common", "rare"]
    assert judged[1].estimate < judged[0].estimate and not judged[1].worse


def test_quiet_segments_are_not_worse() -> None:
    """Of windows in which no segment differs, at most so many have one that counts as worse."""
    random, alarms = np.random.default_rng(5), 0
    for _ in range(200):
        labels = (random.random(3000) < 0.3).astype(float)
        scores, value = random.normal(labels, 1), random.integers(0, 30, 3000)
        whole = auc(labels, scores, corrected(1))
        z = corrected(30)
        parts = [auc(labels[value == v], scores[value == v], z) for v in range(30)]
        assert whole
        alarms += any(part and part[1][1] < whole[0] for part in parts)
    assert alarms <= 16  # 5% of 200, and three standard deviations


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
    judged, notes = found(window, segments=["who"], labels={"by": "inference_id"})
    assert judged == [] and notes == [
        "Segments of 'who': no served row and no row of labels has that column."
    ]


def test_rows_are_divided_by_value(window: Window) -> None:
    made = rows(90)
    traffic(window, made)
    with opened(window, least_rows=5) as read:
        parts = dict(divided(read.connection, read.settings, "kind", "binary"))
    for value, scored in parts.items():
        assert sorted(zip(scored.scores, scored.labels, strict=True)) == sorted(
            (row["score"], row["y"]) for row in made if row["kind"] == value
        )
