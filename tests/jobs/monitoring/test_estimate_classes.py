"""Expected metrics of class probabilities."""

import numpy as np
import pytest
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)

from jobs.monitoring.estimate_classes import class_probabilities, expected_class_metrics
from jobs.monitoring.expected_area import expected_area
from jobs.statistics.calibration import fit_calibration

CLASSES = ("a", "b", "c")


def drawn(seed: int, rows: int = 30_000, temperature: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and classes drawn by them; a model with a low temperature is too sure."""
    random = np.random.default_rng(seed)
    probability = random.dirichlet([2.0, 1.0, 0.7], rows)
    labels = (random.random((rows, 1)) > probability.cumsum(axis=1)).sum(axis=1).clip(0, 2)
    sharp = probability ** (1 / temperature)
    return sharp / sharp.sum(axis=1, keepdims=True), labels


def fitted(answers: np.ndarray, labels: np.ndarray) -> dict[str, object]:
    return {
        name: fit_calibration(answers[:, k], (labels == k).astype(float)) for k, name in enumerate(CLASSES)
    }


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_expected_metrics_are_what_happens(temperature: float) -> None:
    """Also of a model that is too sure of itself, because it is calibrated on the holdout."""
    calibrations = fitted(*drawn(1, temperature=temperature))
    answers, labels = drawn(2, temperature=temperature)
    guessed = expected_class_metrics(answers, calibrations, CLASSES)
    predicted = answers.argmax(axis=1)
    truth = {
        "auc_macro": roc_auc_score(labels, answers, multi_class="ovr"),
        "auc_weighted": roc_auc_score(labels, answers, multi_class="ovr", average="weighted"),
        "accuracy": (labels == predicted).mean(),
        "balanced_accuracy": balanced_accuracy_score(labels, predicted),
        "f1_macro": f1_score(labels, predicted, average="macro"),
        "log_loss": log_loss(labels, answers),
        "precision:c": precision_score(labels, predicted, average=None)[2],
        "recall:b": recall_score(labels, predicted, average=None)[1],
    }
    for name, value in truth.items():
        assert guessed[name] == pytest.approx(value, abs=0.015), name


def test_probabilities_add_up_to_one() -> None:
    calibrations = fitted(*drawn(3, 900))
    probability = class_probabilities(drawn(4, 50)[0], calibrations, CLASSES)
    assert probability.sum(axis=1) == pytest.approx(np.ones(50))


def test_a_class_that_the_holdout_lacks() -> None:
    answers, labels = drawn(5, 3_000)
    kept = labels != 2
    guessed = expected_class_metrics(answers[kept], fitted(answers[kept], labels[kept]), CLASSES)
    assert guessed["recall:c"] == 0.0
    assert 0.5 < guessed["auc_macro"] < 1


def test_an_area_needs_both_sides() -> None:
    assert np.isnan(expected_area(np.array([0.1, 0.9]), np.ones(2)))
    assert expected_area(np.array([0.1, 0.9]), np.array([0.0, 1.0])) == 1.0
