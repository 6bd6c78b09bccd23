"""The estimate of a regression's errors."""

from typing import Any

import numpy as np
import pytest

from jobs.monitoring import estimate_errors as module
from jobs.monitoring.estimate_errors import METHOD, estimate_errors
from jobs.statistics.error_model import fit_errors
from tests.jobs.monitoring.windows import FEATURES, Window, event, opened, rows

pytestmark = pytest.mark.slow

REGRESSION = {"task": "regression"}


def model() -> dict[str, Any]:
    """Errors that are three times as large in the kind "b"."""
    random = np.random.default_rng(1)
    kind = np.array(["a", "b", "c d"], dtype=object)[random.integers(0, 3, 3000)]
    error = np.abs(random.normal(size=3000)) * np.where(kind == "b", 3.0, 1.0)
    values = {"kind": kind, "score": random.random(3000)}
    return {"score": "score", **fit_errors(values, {"absolute": error, "squared": error**2}, seed=1)}


def test_a_window_with_other_rows_has_another_error_and_it_is_scored_by_labels(window: Window) -> None:
    made = [{**row, "kind": "b"} for row in rows(600)]
    window.capture(event(row) for row in made)
    window.label(made[:200])
    errors = model()
    with opened(window, dataset=REGRESSION) as read:
        found = estimate_errors(read.connection, errors, FEATURES)
        away = estimate_errors(read.connection, errors, {"count": "integer"})
    assert found is not None and away is not None
    assert found["method"] == METHOD and 0 < found["explained"] < 1
    expected = 3 * np.sqrt(2 / np.pi)
    assert found["metrics"]["mae"] == pytest.approx(expected, rel=0.1)
    assert found["metrics"]["rmse"] == pytest.approx(3.0, rel=0.1)
    truth = np.array([row["y"] - row["score"] for row in made[:200]])
    assert found["error"]["mae"] == pytest.approx(expected - np.abs(truth).mean(), rel=0.15)
    # Nobody sends the kind any more: the rows are as usual, as far as anybody knows.
    assert away["metrics"]["mae"] != found["metrics"]["mae"]


def test_of_many_rows_some_are_estimated_and_scored(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 100)
    made = rows(300)
    window.capture(event(row) for row in made)
    window.label(made)
    errors = model()
    with opened(window, dataset=REGRESSION) as read:
        found, again = (estimate_errors(read.connection, errors, FEATURES) for _ in range(2))
    assert found is not None and found == again
    assert set(found["error"]) == {"mae", "rmse"}


def test_without_labels_there_is_no_error_and_without_rows_no_estimate(window: Window) -> None:
    errors = model()
    with opened(window, dataset=REGRESSION) as read:
        assert estimate_errors(read.connection, errors, FEATURES) is None
    window.capture(event(row) for row in rows(50))
    with opened(window, dataset=REGRESSION) as read:
        found = estimate_errors(read.connection, errors, FEATURES)
    assert found is not None and found["error"] is None
