"""The baseline of each task: the metrics of a predictor that has learned nothing from the features.

A model's metric says little by itself: an accuracy of 0.95 is nothing where 95% of the rows are of one class.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from jobs.metrics.cluster import standardized
from jobs.metrics.computing import compute_metrics
from jobs.metrics.rows import Floats, ScoredRows

SEED = 20250101


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A reference predictor's metrics on the same rows as the model's.

    Attributes:
        predictor: what it answers, for people.
        metrics: its metrics by name; NaN where one is not defined for it.
    """

    predictor: str
    metrics: Mapping[str, float]


def measure_baseline(scored: ScoredRows) -> Baseline | None:
    """The baseline of the rows' task; None when what it needs is not known.

    Constants are those that fit these rows best, so that no constant of the training data does better on
    them in the metric that the constant is for.
    """
    predictor, answer = _BY_TASK[scored.task]
    reference = answer(scored)
    return None if reference is None else Baseline(predictor=predictor, metrics=compute_metrics(reference))


def _weights(scored: ScoredRows) -> Floats:
    """How much each row counts."""
    return np.ones(len(scored)) if scored.weights is None else scored.weights


def _constant(scored: ScoredRows) -> ScoredRows:
    """The same number for all rows: the labels' mean, or 0 without labels."""
    known = ~np.isnan(scored.labels)
    mean = np.average(scored.labels[known], weights=_weights(scored)[known]) if known.any() else 0.0
    return replace(scored, scores=np.full(len(scored), mean))


def _shares(scored: ScoredRows) -> ScoredRows:
    weights = _weights(scored)
    shares = np.bincount(scored.labels.astype(np.intp), weights, len(scored.names)) / weights.sum()
    return replace(
        scored, scores=np.full(len(scored), shares.max()), answers=np.tile(shares, (len(scored), 1))
    )


def _seasonal_naive(scored: ScoredRows) -> ScoredRows | None:
    if scored.naive is None:
        return None
    return replace(
        scored, scores=scored.naive, answers=np.repeat(scored.naive[:, None], len(scored.names), 1)
    )


def _shuffled_clusters(scored: ScoredRows) -> ScoredRows:
    order = np.random.default_rng(SEED).permutation(len(scored))
    return replace(scored, scores=scored.scores[order], answers=cast("Floats", scored.answers)[order])


def _random_projection(scored: ScoredRows) -> ScoredRows:
    features = standardized(cast("Floats", scored.features))
    width = cast("Floats", scored.answers).shape[1]
    directions = np.random.default_rng(SEED).normal(size=(features.shape[1], width))
    return replace(scored, answers=features @ directions)


_BY_TASK: Mapping[str, tuple[str, Callable[[ScoredRows], ScoredRows | None]]] = {
    "binary": ("the share of positive rows for every row", _constant),
    "regression": ("the mean label for every row", _constant),
    "multiclass": ("the shares of the classes for every row", _shares),
    "ranking": ("a random order", _constant),
    "forecast": ("the value one season before, at every quantile level", _seasonal_naive),
    "cluster": ("clusters of the same sizes, drawn at random", _shuffled_clusters),
    "anomaly": ("a random order", _constant),
    "embedding": ("a random projection of as many numbers", _random_projection),
}

PREDICTORS: Mapping[str, str] = {task: predictor for task, (predictor, _) in _BY_TASK.items()}
"""What the reference predictor of each task answers, for people."""
