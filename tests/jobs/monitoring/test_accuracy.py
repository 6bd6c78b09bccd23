import numpy as np
import pytest

from jobs.metrics.computing import compute_metrics
from jobs.metrics.rows import ScoredRows
from jobs.monitoring.accuracy import labelled_rows, measure
from jobs.names import ROW_KEY
from tests.jobs.monitoring.windows import Window, event, opened, rows

pytestmark = pytest.mark.slow


def scored(rows: int, **changes: object) -> ScoredRows:
    random = np.random.default_rng(1)
    scores = random.random(rows)
    return ScoredRows(labels=(random.random(rows) < scores).astype(float), scores=scores)


def test_each_metric_lies_within_its_interval(window: Window) -> None:
    given = scored(500)
    metrics, notes = measure(given, window.settings(bootstrap=60))
    assert notes == []
    assert {name: entry["value"] for name, entry in metrics.items()} == pytest.approx(compute_metrics(given))
    # The calibration error of a resample is larger than that of the rows; all others lie around theirs.
    others = {name: entry for name, entry in metrics.items() if name != "expected_calibration_error"}
    assert all(entry["low"] < entry["value"] < entry["high"] for entry in others.values())


def test_metrics_that_are_not_defined_are_left_out_and_told(window: Window) -> None:
    given = ScoredRows(labels=np.ones(50), scores=np.linspace(0.1, 0.9, 50))
    metrics, notes = measure(given, window.settings())
    assert "auc" not in metrics and metrics["accuracy"]["value"] > 0
    assert notes == ["auc, pr_auc: not defined for labels of one class only."]


def test_without_labels(window: Window) -> None:
    assert measure(ScoredRows(labels=np.array([]), scores=np.array([])), window.settings()) == ({}, [])


def test_only_rows_of_the_version_with_labels(window: Window) -> None:
    made = rows(9)
    lines = [event(row, version=7 if number % 3 else 8) for number, row in enumerate(made)]
    window.capture(reversed(lines))
    window.label(made[:5])
    with opened(window) as read:
        given, (keys,) = labelled_rows(read.connection, read.settings, "binary", also=[ROW_KEY])
    # In the order of time, whatever order they were read in: the same rows give the same resamples.
    assert list(zip(keys, given.labels, given.scores, strict=True)) == [
        (row["id"], row["y"], row["score"]) for row in (made[1], made[2], made[4])
    ]
