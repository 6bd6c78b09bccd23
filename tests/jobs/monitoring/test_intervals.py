import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from jobs.monitoring.intervals import (
    ahead,
    area,
    auc,
    corrected_z,
    difference,
    macro_area,
    macro_auc,
    mean_square,
    pool,
    root,
    wilson,
)

Z = corrected_z(1)


def test_correction_for_many() -> None:
    assert corrected_z(1) == pytest.approx(1.959964, abs=1e-6)
    assert corrected_z(100) == pytest.approx(3.480756, abs=1e-6)


def sample(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    labels = (random.random(rows) < 0.3).astype(float)
    return labels, np.round(random.normal(labels, 1), 1)  # with ties


def test_auc_is_the_known_one() -> None:
    labels, scores = sample(np.random.default_rng(1), 400)
    found = auc(labels, scores, Z)
    assert found
    assert found[0] == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_auc_variance_is_delongs() -> None:
    """Against the definition, pair by pair."""
    labels, scores = sample(np.random.default_rng(2), 120)
    positive, negative = scores[labels == 1], scores[labels == 0]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    area = wins.mean()
    variance = wins.mean(1).var(ddof=1) / len(positive) + wins.mean(0).var(ddof=1) / len(negative)
    half = Z * math.sqrt(variance) / (area * (1 - area))
    found = auc(labels, scores, Z)
    assert found
    logit = math.log(area / (1 - area))
    assert found[1] == pytest.approx((1 / (1 + math.exp(half - logit)), 1 / (1 + math.exp(-half - logit))))


@pytest.mark.parametrize("rows", [60, 300])
def test_intervals_cover(rows: int) -> None:
    random = np.random.default_rng(3)
    truth = 0.5 * (1 + math.erf(0.5))  # of two normals a standard deviation apart, unrounded
    bounds = []
    for _ in range(400):
        labels = (random.random(rows) < 0.3).astype(float)
        found = auc(labels, random.normal(labels, 1), Z)
        assert found
        bounds.append(found[1])
    covered = np.mean([low <= truth <= high for low, high in bounds])
    assert 0.92 <= covered <= 0.985


def test_an_auc_needs_both_classes() -> None:
    assert auc(np.ones(5), np.arange(5.0), Z) is None


@pytest.mark.parametrize(("ahead", "area"), [(1, 1.0), (-1, 0.0)])
def test_a_perfect_sample_is_not_certain(ahead: int, area: float) -> None:
    labels = np.r_[np.ones(4), np.zeros(40)]
    found = auc(labels, labels * ahead, Z)
    assert found
    low, high = found[1]
    assert found[0] == area and high - low == pytest.approx(1 - 0.025 ** (1 / 4))


def test_one_row_of_a_class_says_little() -> None:
    found = auc(np.r_[1.0, np.zeros(50)], np.r_[0.8, np.linspace(0, 1, 50)], Z)
    assert found and found[1][1] - found[1][0] > 0.6


def test_equal_scores_tell_nothing_apart() -> None:
    found = auc(np.r_[np.ones(40), np.zeros(40)], np.zeros(80), Z)
    assert found and found[0] == 0.5 and found[1][0] < 0.5 < found[1][1]


def test_roots_of_mean_squares() -> None:
    random = np.random.default_rng(4)
    held = []
    for _ in range(400):
        value, (low, high) = root(mean_square(random.normal(0, 3, 200)), Z)
        assert low < value < high
        held.append(low <= 3 <= high)
    assert 0.92 <= np.mean(held) <= 0.985
    assert root(mean_square(np.zeros(3)), Z) == (0.0, (0.0, 0.0))
    assert root(mean_square(np.array([2.0])), Z) == (2.0, (0.0, math.inf))


def test_pooled_areas_rank_no_rows_of_different_parts() -> None:
    random = np.random.default_rng(5)
    parts = [(sample(random, rows), shift) for rows, shift in ((60, 0), (200, 50), (90, -50))]
    wins = []
    for (labels, scores), _ in parts:
        positive, negative = scores[labels == 1], scores[labels == 0]
        wins.append((positive[:, None] > negative) + 0.5 * (positive[:, None] == negative))
    found = [area(labels, scores + shift) for (labels, scores), shift in parts]
    together = pool([one for one in found if one])
    assert together
    assert together.value == pytest.approx(np.concatenate([part.ravel() for part in wins]).mean())
    assert together.weight == sum(part.size for part in wins)
    assert pool([]) is None


def test_pooled_squares_are_those_of_all_rows() -> None:
    random = np.random.default_rng(6)
    errors = random.normal(0, 2, 300)
    together = pool([mean_square(errors[:100]), mean_square(errors[100:])])
    assert together and together.value == pytest.approx(np.mean(errors**2))
    assert together.variance == pytest.approx(mean_square(errors).variance, rel=0.1)


def test_a_difference_is_as_certain_as_both() -> None:
    gap, (low, _) = difference((56, 70), (48, 80), Z)
    assert ahead((0.8, wilson(56, 70, Z)), (0.6, wilson(48, 80, Z))) == pytest.approx(low)
    assert gap == pytest.approx(0.2)


def test_shares() -> None:
    # Newcombe (1998), table II: 56/70 against 48/80, method 10.
    gap, (low, high) = difference((56, 70), (48, 80), Z)
    assert (gap, low, high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert wilson(0, 20, Z)[0] == pytest.approx(0) and wilson(20, 20, Z)[1] == pytest.approx(1)


def classes(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    labels = random.integers(0, 3, rows)
    logits = np.round(random.normal(0, 1, (rows, 3)), 1)  # with ties
    logits[np.arange(rows), labels] += 1
    answers = np.exp(logits)
    return labels.astype(float), answers / answers.sum(axis=1, keepdims=True)


def test_the_macro_auc_is_the_known_one_and_its_variance_is_that_of_samples() -> None:
    random = np.random.default_rng(5)
    labels, answers = classes(random, 300)
    found = macro_area(labels, answers)
    assert found is not None
    known = roc_auc_score(labels, answers, multi_class="ovr", average="macro")
    assert found.value == pytest.approx(known, abs=1e-12)
    samples = [macro_area(*classes(random, 300)) for _ in range(200)]
    values = [sample.value for sample in samples if sample is not None]
    assert math.sqrt(found.variance) == pytest.approx(np.std(values), rel=0.15)


def test_a_macro_auc_of_one_class_is_not_defined_and_a_perfect_one_is_not_certain() -> None:
    answers = np.eye(3)[[0, 0, 1, 1]]
    assert macro_area(np.zeros(4), answers) is None and macro_auc(np.zeros(4), answers, Z) is None
    perfect = macro_auc(np.array([0.0, 0.0, 1.0, 1.0]), answers, Z)
    assert perfect is not None and perfect[0] == 1.0 and perfect[1][0] < 0.9
