"""The metrics of a ranking: means over groups of what the order of a group's rows gains.

Rows of equal scores have no order, so a metric is its expected value over their random orders. The gain of a
relevance r is 2^r - 1, as in XGBoost; from a relevance above 0, a row is relevant to the average precision. A
group without a relevant row says nothing about an order and is left out. A group's weight is the mean weight
of its rows: rows of a group are drawn together.

Sources: Jaervelin and Kekaelaeinen (2002), Cumulated gain-based evaluation of IR techniques; Burges et al.
(2005), Learning to rank using gradient descent, for the gain; McSherry and Najork (2008), Computing
information retrieval performance measures efficiently in the presence of tied scores.
"""

from typing import cast

import numpy as np
import numpy.typing as npt

from jobs.metrics.rows import Floats, ScoredRows

NDCG_AT, MAP_AT = (5, 10), (5, 10)


def compute_ranking(scored: ScoredRows, weights: Floats) -> dict[str, float]:
    """Every metric of a ranking, by name; NaN when no group has a relevant row."""
    measured = by_group(scored)
    sizes, groups = measured["size"], _groups(scored)
    of_groups = np.bincount(groups, weights, len(sizes)) / sizes
    return {name: _mean(measured[name], of_groups) for name in _names()}


def group_metric(name: str, scored: ScoredRows) -> Floats:
    """A metric of each group in which it is defined."""
    values = by_group(scored)[name]
    return values[~np.isnan(values)]


def ndcg_curve(scored: ScoredRows, positions: int) -> Floats:
    """NDCG@k for each k from 1 to that number, for a chart."""
    order, starts, sizes = _layout(scored, scored.scores)
    return np.array(
        [
            _mean(_ndcg(scored, order, starts, sizes, cutoff=k), np.ones(len(sizes)))
            for k in range(1, positions + 1)
        ]
    )


def relevance_by_rank(scored: ScoredRows, positions: int) -> Floats:
    """The mean relevance of the rows at each rank from 1 to that number, over the groups that are so large.

    Rows of equal scores count as the mean over their orders.
    """
    order, starts, sizes = _layout(scored, scored.scores)
    first, size = _ties(scored, order, starts)
    cumulated = np.r_[0.0, np.cumsum(scored.labels[order])]
    expected = (cumulated[first + size] - cumulated[first]) / size
    position = np.arange(len(order)) - np.repeat(starts, sizes)
    counts = np.bincount(position, minlength=positions)[:positions]
    return np.bincount(position, expected, positions)[:positions] / np.maximum(counts, 1)


def _names() -> tuple[str, ...]:
    return ("ndcg", *(f"ndcg@{k}" for k in NDCG_AT), *(f"map@{k}" for k in MAP_AT))


def _mean(values: Floats, weights: Floats) -> float:
    """The mean over the groups where the metric is defined."""
    weights = np.where(np.isnan(values), 0.0, weights)
    total = float(weights.sum())
    return float(np.nansum(weights * values)) / total if total > 0 else float("nan")


def _groups(scored: ScoredRows) -> npt.NDArray[np.int_]:
    return cast("npt.NDArray[np.int_]", scored.groups)


def by_group(scored: ScoredRows) -> dict[str, Floats]:
    """Each metric of each group, and its ``size``; rows of a group have one weight, which is not in them."""
    if "ranking" not in scored.memo:
        order, starts, sizes = _layout(scored, scored.scores)
        computed = {"size": sizes.astype(np.float64), "ndcg": _ndcg(scored, order, starts, sizes)}
        computed |= {f"ndcg@{k}": _ndcg(scored, order, starts, sizes, cutoff=k) for k in NDCG_AT}
        computed |= {f"map@{k}": _average_precision(scored, order, starts, sizes, cutoff=k) for k in MAP_AT}
        scored.memo["ranking"] = computed
    return cast("dict[str, Floats]", scored.memo["ranking"])


def _layout(
    scored: ScoredRows, by: Floats
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The rows in the order of groups and, within, from the highest value; each group's start and size."""
    groups = _groups(scored)
    order = np.lexsort((-by, groups))
    sizes = np.bincount(groups)
    return order, np.r_[0, np.cumsum(sizes)[:-1]].astype(np.intp), sizes


def _ndcg(
    scored: ScoredRows,
    order: npt.NDArray[np.intp],
    starts: npt.NDArray[np.intp],
    sizes: npt.NDArray[np.intp],
    *,
    cutoff: int | None = None,
) -> Floats:
    gains = np.exp2(scored.labels) - 1
    position = np.arange(len(order)) - np.repeat(starts, sizes)
    discounts = 1 / np.log2(position + 2.0)
    if cutoff is not None:
        discounts[position >= cutoff] = 0.0
    first, size = _ties(scored, order, starts)
    cumulated = np.r_[0.0, np.cumsum(discounts)]
    expected = (cumulated[first + size] - cumulated[first]) / size
    ideal_order, _, _ = _layout(scored, scored.labels)
    gained = np.add.reduceat(gains[order] * expected, starts)
    ideal = np.add.reduceat(gains[ideal_order] * discounts, starts)
    return _ratio(gained, ideal)


def _average_precision(
    scored: ScoredRows,
    order: npt.NDArray[np.intp],
    starts: npt.NDArray[np.intp],
    sizes: npt.NDArray[np.intp],
    *,
    cutoff: int,
) -> Floats:
    """AP@k: precision at each relevant row of the first k, over min(k, number of relevant rows)."""
    relevant = (scored.labels[order] > 0).astype(np.float64)
    start = np.repeat(starts, sizes)
    position = np.arange(len(order)) - start
    first, size = _ties(scored, order, starts)
    cumulated = np.r_[0.0, np.cumsum(relevant)]
    before = cumulated[first] - cumulated[start]
    tied = cumulated[first + size] - cumulated[first]
    within = position - (first - start)
    # A place in a tie holds a relevant row with probability tied / size; then (tied - 1) of the other
    # (size - 1) rows are relevant, of which `within` stand before it.
    others = np.divide(within * (tied - 1), size - 1, out=np.zeros(len(order)), where=size > 1)
    precision = (before + 1 + others) / (position + 1)
    expected = np.where(position < cutoff, tied / size * precision, 0.0)
    total = np.add.reduceat(relevant, starts)
    reachable = np.minimum(total, cutoff)
    return _ratio(np.add.reduceat(expected, starts), reachable)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """NaN where the whole is 0."""
    ratio: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return ratio


def _ties(
    scored: ScoredRows, order: npt.NDArray[np.intp], starts: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """For each place of the order, the first place and the number of the rows of its score and group."""
    scores = scored.scores[order]
    begins = np.r_[True, scores[1:] != scores[:-1]]
    begins[starts] = True
    first = np.flatnonzero(begins)
    sizes = np.diff(np.r_[first, len(order)])
    return np.repeat(first, sizes), np.repeat(sizes, sizes)
