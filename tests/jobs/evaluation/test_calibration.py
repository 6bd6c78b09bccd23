from typing import Any

import numpy as np
import pytest

from jobs.evaluation.calibration import MIN_ROWS, measure_calibration


def logits(scores: Any) -> Any:
    return np.log(scores / (1 - scores))


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.5, 0.0), (2.0, 0.0), (1.0, -1.0)])
def test_slope_and_intercept_are_those_of_the_data(slope: float, intercept: float) -> None:
    generator = np.random.default_rng(4)
    scores = generator.uniform(0.02, 0.98, 20_000)
    rates = 1 / (1 + np.exp(-(slope * logits(scores) + intercept)))
    labels = (generator.random(20_000) < rates).astype(np.float64)
    found = measure_calibration(scores, labels)
    assert found.slope is not None and found.intercept is not None
    for told, true in ((found.slope, slope), (found.intercept, intercept)):
        assert told["low"] < true < told["high"]
        assert told["high"] - told["low"] < 0.2
    calibrated = sum(point.low <= point.score <= point.high for point in found.bins)
    assert (calibrated >= 8) is ((slope, intercept) == (1.0, 0.0))


def test_bins_hold_every_row_once_by_increasing_score() -> None:
    generator = np.random.default_rng(1)
    scores, labels = generator.random(1003), (generator.random(1003) < 0.3).astype(np.float64)
    bins = measure_calibration(scores, labels).bins
    assert len(bins) == 10
    assert sum(point.rows for point in bins) == 1003
    assert [point.score for point in bins] == sorted(point.score for point in bins)
    assert sum(point.rate * point.rows for point in bins) == pytest.approx(labels.sum())
    assert all(0 <= point.low <= point.rate <= point.high <= 1 for point in bins)


def test_few_rows_are_one_bin() -> None:
    scores = np.linspace(0, 1, MIN_ROWS + 1)
    assert len(measure_calibration(scores, (scores > 0.4).astype(np.float64)).bins) == 1


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        (np.full(200, 0.5), np.arange(200) % 2),
        (np.repeat([0.0, 1.0], 100), np.repeat([0, 1], 100)),
        (np.linspace(0.1, 0.9, 200), np.zeros(200)),
        (np.linspace(0.01, 0.99, 200), np.repeat([0, 1], 100)),
    ],
    ids=["one score", "perfect", "one class", "separated"],
)
def test_a_slope_that_is_not_defined_is_none(scores: Any, labels: Any) -> None:
    found = measure_calibration(scores, labels.astype(np.float64))
    assert (found.slope, found.intercept) == (None, None)
    assert sum(point.rows for point in found.bins) == 200
