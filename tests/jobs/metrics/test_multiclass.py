import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from jobs.metrics.computing import compute_metric, compute_metrics
from jobs.metrics.multiclass import classes_left_out, confusion, one_against_rest
from jobs.metrics.rows import ScoredRows
from tests.examples_tried import examples
from tests.jobs.metrics.answers import CLASSES, rows_of

pytestmark = pytest.mark.slow

SEEDS = st.integers(0, 10_000)


@settings(max_examples=examples(60), deadline=None)
@given(SEEDS, st.sampled_from((12, 40, 200)))
def test_weighted_metrics_are_those_of_scikit_learn(seed: int, rows: int) -> None:
    scored = rows_of("multiclass", rows, seed)
    weights = np.random.default_rng(seed).choice([0.0, 0.5, 1.0, 3.0], rows)
    if len(set(scored.labels[weights > 0])) < 3:
        return
    labels, answers = scored.labels, scored.answers
    assert answers is not None
    predicted, options = answers.argmax(axis=1), {"sample_weight": weights}
    of_classes = {"labels": [0, 1, 2], "average": None, "zero_division": 0, **options}
    areas = {"multi_class": "ovr", **options}
    expected = {
        "auc_macro": reference.roc_auc_score(labels, answers, average="macro", **areas),
        "auc_weighted": reference.roc_auc_score(labels, answers, average="weighted", **areas),
        "accuracy": reference.accuracy_score(labels, predicted, **options),
        "balanced_accuracy": reference.balanced_accuracy_score(labels, predicted, **options),
        "f1_macro": reference.f1_score(labels, predicted, average="macro", zero_division=0, **options),
        "log_loss": reference.log_loss(labels, answers, labels=[0, 1, 2], **options),
        **_by_class("precision", reference.precision_score(labels, predicted, **of_classes)),
        **_by_class("recall", reference.recall_score(labels, predicted, **of_classes)),
    }
    found = compute_metrics(scored, weights)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name
    assert compute_metric("auc_macro", scored, weights) == found["auc_macro"]
    matrix = reference.confusion_matrix(labels, predicted, labels=[0, 1, 2], **options)
    assert confusion(scored, weights) == pytest.approx(matrix)


def _by_class(name: str, values: np.ndarray) -> dict[str, float]:
    return {f"{name}:{of_class}": value for of_class, value in zip(CLASSES, values, strict=True)}


@settings(max_examples=examples(40), deadline=None)
@given(SEEDS)
def test_the_calibration_error_of_a_class_is_the_binary_one_of_its_probability(seed: int) -> None:
    scored = rows_of("multiclass", 50, seed)
    weights = np.random.default_rng(seed).choice([0.5, 1.5, 2.5], 50)
    found, name = compute_metrics(scored, weights), "expected_calibration_error"
    for number, of_class in enumerate(CLASSES):
        binary = compute_metrics(one_against_rest(scored, number), weights)
        assert found[f"{name}:{of_class}"] == binary[name]
    assert found[name] == pytest.approx(np.mean([found[f"{name}:{of_class}"] for of_class in CLASSES]))


def test_a_class_without_a_row_is_left_out_of_the_means() -> None:
    scored = rows_of("multiclass", 60)
    rows = scored.take(scored.labels != 1)
    assert classes_left_out(scored) == ()
    assert classes_left_out(rows) == ("green",)
    found = compute_metrics(rows)
    areas = [
        reference.roc_auc_score(rows.labels == number, rows.answers[:, number])  # type: ignore[index]
        for number in (0, 2)
    ]
    assert found["auc_macro"] == pytest.approx(np.mean(areas), rel=1e-9)
    assert np.isnan(found["recall:green"])
    assert found["precision:green"] == 0.0
    predicted = rows.answers.argmax(axis=1)  # type: ignore[union-attr]
    recalls = reference.recall_score(rows.labels, predicted, labels=[0, 2], average=None)
    assert found["balanced_accuracy"] == pytest.approx(np.mean(recalls), rel=1e-9)


def test_a_resample_without_a_class_that_the_rows_have_has_no_means() -> None:
    scored = rows_of("multiclass", 60)
    found = compute_metrics(scored, (scored.labels != 1).astype(float))
    undefined = {name for name, value in found.items() if np.isnan(value)}
    assert undefined == {
        "auc_macro", "auc_weighted", "balanced_accuracy", "f1_macro", "recall:green"
    }  # fmt: skip


def test_one_class_alone_has_no_area_under_a_curve() -> None:
    scored = rows_of("multiclass", 60)
    found = compute_metrics(scored.take(scored.labels == 1))
    assert np.isnan(found["auc_macro"])
    assert found["accuracy"] == found["recall:green"] == found["balanced_accuracy"]


def test_certain_answers_have_a_finite_loss() -> None:
    scored = ScoredRows(
        labels=np.array([0.0, 1.0]),
        scores=np.ones(2),
        task="multiclass",
        answers=np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]),
        names=CLASSES,
    )
    assert compute_metrics(scored)["log_loss"] == pytest.approx(-np.log(np.finfo(float).eps) / 2)
