"""The map from a score to the rate of positives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jobs.metrics.rows import Floats
from jobs.statistics.calibration import BINS, fit_calibration, rates


def test_rates_follow_what_happened() -> None:
    random = np.random.default_rng(1)
    scores = random.random(100_000)
    labels = (random.random(100_000) < scores**2).astype(float)
    made = fit_calibration(scores, labels)
    assert 20 <= len(made["rates"]) <= BINS
    asked = np.linspace(0.05, 0.95, 19)
    # Within the spread of a bin's rows and half a bin's width.
    assert np.abs(rates(made, asked) - asked**2).max() < 0.06
    assert rates(made, scores).sum() == pytest.approx(labels.sum())


def test_scores_that_know_nothing_have_one_rate_or_nearly() -> None:
    random = np.random.default_rng(2)
    scores, labels = random.random(20_000), (random.random(20_000) < 0.3).astype(float)
    assert np.abs(rates(fit_calibration(scores, labels), scores) - 0.3).mean() < 0.02


@settings(deadline=None)
@given(
    arrays(float, st.integers(1, 400), elements=st.floats(0, 1)),
    st.integers(0, 2**32 - 1),
)
def test_any_scores_have_rates_that_rise_and_hold_every_row(scores: Floats, seed: int) -> None:
    labels = (np.random.default_rng(seed).random(len(scores)) < 0.5).astype(float)
    made = fit_calibration(scores, labels)
    assert len(made["edges"]) == len(made["rates"]) + 1 == len(made["counts"]) + 1
    assert (made["edges"][0], made["edges"][-1]) == (0.0, 1.0)
    assert made["edges"] == sorted(made["edges"])
    assert made["rates"] == sorted(set(made["rates"]))
    assert sum(made["counts"]) == len(scores)
    assert rates(made, scores).sum() == pytest.approx(labels.sum())
