from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from jobs.metrics.computing import compute_metrics
from jobs.metrics.ranking import ndcg_curve
from jobs.metrics.rows import ScoredRows
from tests.examples_tried import examples
from tests.jobs.metrics.answers import rows_of

pytestmark = pytest.mark.slow

SMALL = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0.1, 0.5])), min_size=1, max_size=6)


def group_rows(scored: ScoredRows) -> list[np.ndarray]:
    assert scored.groups is not None
    return [np.flatnonzero(scored.groups == group) for group in range(scored.groups.max() + 1)]


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 10_000), st.sampled_from((20, 90)))
def test_ndcg_is_that_of_scikit_learn_with_exponential_gains(seed: int, rows: int) -> None:
    scored = rows_of("ranking", rows, seed)
    groups = group_rows(scored)
    of_group = np.random.default_rng(seed).choice([0.0, 0.5, 2.0], len(groups))
    kept = [
        (held, weight)
        for held, weight in zip(groups, of_group, strict=True)
        if scored.labels[held].any() and len(held) > 1
    ]
    alone = [held for held in groups if len(held) == 1]
    of_group[[int(scored.groups[held[0]]) for held in alone]] = 0.0  # type: ignore[index]
    if not any(weight for _, weight in kept):
        return
    found = compute_metrics(scored, of_group[scored.groups])
    for name, k in (("ndcg", None), ("ndcg@5", 5), ("ndcg@10", 10)):
        each = [
            ndcg_score([np.exp2(scored.labels[held]) - 1], [scored.scores[held]], k=k) for held, _ in kept
        ]
        expected = np.average(each, weights=[weight for _, weight in kept])
        assert found[name] == pytest.approx(expected, rel=1e-9), name


@settings(max_examples=examples(60), deadline=None)
@given(SMALL)
def test_tied_rows_count_as_the_mean_over_all_their_orders(rows: list[tuple[int, float]]) -> None:
    labels, scores = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    scored = ScoredRows(labels=labels, scores=scores, task="ranking", groups=np.zeros(len(rows), dtype=int))
    found = compute_metrics(scored)
    if not labels.any():
        assert np.isnan(found["map@5"])
        return
    tied = [labels[scores == score] for score in (0.5, 0.1)]
    orders = [np.concatenate(order) for order in product(*(permutations(part) for part in tied))]
    assert found["map@5"] == pytest.approx(np.mean([average_precision(order, 5) for order in orders]))
    assert found["ndcg@5"] == pytest.approx(np.mean([ndcg(order, 5) for order in orders]))


def average_precision(relevance: np.ndarray, k: int) -> float:
    relevant = relevance > 0
    precision = np.cumsum(relevant) / np.arange(1, len(relevant) + 1)
    return float((precision * relevant)[:k].sum() / min(k, relevant.sum()))


def ndcg(relevance: np.ndarray, k: int) -> float:
    discounts = 1 / np.log2(np.arange(2, len(relevance) + 2))
    gains = 2.0**relevance - 1
    return float((gains * discounts)[:k].sum() / (np.sort(gains)[::-1] * discounts)[:k].sum())


def test_a_group_without_a_relevant_row_is_left_out() -> None:
    scored = rows_of("ranking", 60)
    assert scored.groups is not None
    nothing = scored.groups.max() + 1
    more = ScoredRows(
        labels=np.r_[scored.labels, 0.0, 0.0],
        scores=np.r_[scored.scores, 0.3, 0.2],
        task="ranking",
        groups=np.r_[scored.groups, nothing, nothing],
    )
    assert compute_metrics(more) == pytest.approx(compute_metrics(scored))


def test_the_curve_is_the_metric_at_each_position() -> None:
    scored = rows_of("ranking", 200)
    curve, found = ndcg_curve(scored, 10), compute_metrics(scored)
    assert (curve[4], curve[9]) == pytest.approx((found["ndcg@5"], found["ndcg@10"]))
