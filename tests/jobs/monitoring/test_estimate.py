import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from jobs.metrics.computing import compute_metrics
from jobs.metrics.rows import ScoredRows
from jobs.monitoring.estimate import estimate_performance, expected_metrics
from jobs.statistics.calibration import rates
from tests.jobs.monitoring.windows import Window, event, opened, rows

FINE = np.linspace(0, 1, 201)
CALIBRATION = {"edges": FINE.tolist(), "rates": ((FINE[1:] + FINE[:-1]) / 2).tolist(), "counts": [1] * 200}
PERFORMANCE = {"task": "binary", "calibration": CALIBRATION}


def test_expected_metrics_are_what_happens() -> None:
    """Over many draws of labels by their chance, metrics come out as expected."""
    random = np.random.default_rng(1)
    scores = np.round(random.beta(2, 3, 20_000), 3)
    guessed = expected_metrics(scores, CALIBRATION, 0.4)
    labels = random.random(len(scores)) < scores
    predicted = scores >= 0.4
    truth = {
        "auc": roc_auc_score(labels, scores),
        "accuracy": (labels == predicted).mean(),
        "precision": labels[predicted].mean(),
        "recall": predicted[labels].mean(),
        "log_loss": log_loss(labels, np.clip(scores, 1e-15, 1 - 1e-15)),
        "brier": ((scores - labels) ** 2).mean(),
    }
    for name, value in truth.items():
        assert guessed[name] == pytest.approx(value, abs=0.015), name


def test_auc_of_chances_is_the_sum_over_pairs() -> None:
    random = np.random.default_rng(2)
    scores = np.round(random.random(60), 1)
    chance = rates(CALIBRATION, scores)
    wins = (scores[:, None] > scores) + 0.5 * (scores[:, None] == scores)
    pairs = chance[:, None] * (1 - chance)
    assert expected_metrics(scores, CALIBRATION, 0.5)["auc"] == pytest.approx(
        (wins * pairs).sum() / pairs.sum()
    )


def test_its_error_is_of_the_rows_with_labels(window: Window) -> None:
    made = rows(900)
    window.capture(event(row) for row in made)
    window.label(made[:300])
    with opened(window) as read:
        truth = (np.array([row["y"] for row in made[:300]]), np.array([row["score"] for row in made[:300]]))
        scored = ScoredRows(labels=truth[0].astype(float), scores=truth[1])
        found = estimate_performance(read.connection, read.settings, PERFORMANCE, scored, {})
    assert found
    assert found["metrics"]["auc"] == pytest.approx(
        expected_metrics(np.array([row["score"] for row in made]), CALIBRATION, 0.5)["auc"]
    )
    guessed = expected_metrics(truth[1], CALIBRATION, 0.5)
    assert found["error"]["auc"] == pytest.approx(guessed["auc"] - compute_metrics(scored)["auc"])


def test_nothing_to_estimate_from(window: Window) -> None:
    with opened(window) as read:
        nobody = np.array([])
        truth = ScoredRows(labels=nobody, scores=nobody)
        assert estimate_performance(read.connection, read.settings, {}, truth, {}) is None
        assert estimate_performance(read.connection, read.settings, PERFORMANCE, truth, {}) is None
