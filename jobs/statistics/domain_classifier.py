"""Joint drift: can a classifier distinguish a window's rows from the baseline's?

It detects drift that no single column shows, such as two columns that are no longer correlated. The effect
size is its AUC on rows that it was not fitted on: 0.5 is guessing, 1 separates all rows. The folds of a
cross-validation share training rows, so their AUCs are not independent; the variance is corrected for that.

Equal rows are kept in one fold, because a classifier that was fitted on a copy of a row recognises the row.
They count as one observation. Rows with common values are spread over the folds like others: in a table of a
few categories, the frequencies of equal rows are the information.

Source: Nadeau and Bengio (2003), Inference for the generalization error; DeLong et al. (1988), Comparing the
areas under two or more correlated receiver operating characteristic curves; Obuchowski (1997), Nonparametric
analysis of clustered ROC curve data.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from jobs.database import quote
from jobs.metrics.rows import Floats
from jobs.statistics.aggregates import category, number
from jobs.statistics.baseline import INFERRED
from jobs.statistics.sampling import sample_query
from mdlc_constructs.settings.payloads.job_plan import Thresholds

MAX_ROWS = 10_000  # of each side
MIN_ROWS = 60  # distinct rows of the smaller side; with fewer, no classifier learns anything
COMMON_ROWS = 20  # of both sides; more equal rows, if over 1/MIN_ROWS of a side, are not treated as copies
MAX_RATIO_OF_ROWS = 10  # of the larger side to the smaller one; more rows of one side do not help
FOLDS = 3
BINS = 64  # bins of a numeric column, and the maximum number of category codes
MIN_ROWS_IN_CATEGORY = 10  # of both sides; rarer categories are merged into one
MAX_MAGNITUDE = 2.0**1022  # numbers are clipped to it
TOP = 10
_PERMUTATIONS = 120  # over folds and columns
_NORMAL_95 = 1.959963984540054

Integers = npt.NDArray[np.int_]
Column = tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]
"""Values, and which of them are missing."""


@dataclass(frozen=True, kw_only=True)
class JointDrift:
    """How well a classifier distinguishes the rows of window and baseline.

    ``top`` are the columns with the highest permutation importance, each with the AUC that is lost when it is
    shuffled; empty without drift. ``rows`` are the numbers of compared rows, of baseline and window.
    """

    auc: float
    low: float
    high: float
    p_value: float
    threshold: float
    drifted: bool
    rows: tuple[int, int]
    top: tuple[tuple[str, float], ...] = ()

    @property
    def reason(self) -> str:
        """The finding as a sentence."""
        named = ", ".join(name for name, _ in self.top[:3])
        return (
            f"A classifier tells the window's rows from the baseline's with AUC {self.auc:.3f}"
            f"{f', most by {named}' if named else ''}."
        )

    def to_json(self) -> dict[str, Any]:
        """The result as plain values."""
        return asdict(self)


def joint_drift(
    baseline: str,
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Mapping[str, str],
    seed: int,
    thresholds: Thresholds | None = None,
) -> JointDrift | None:
    """Compare a window with the baseline's sample, all columns together.

    Args:
        baseline: the sample as an SQL relation, such as `jobs.database.parquet` returns for a file.
        relation: the window as an SQL relation.
        columns: name and kind of each column; timestamps, texts and columns of one side only are left out.
        seed: of sampling, folds and shuffling; the same rows and seed give the same result.
        thresholds: the AUC and the p-value of drift; the defaults when None.

    Returns:
        The comparison, or None when there are too few rows or no columns to compare.
    """
    limits = thresholds or Thresholds()
    shared = _names(connection, baseline) & _names(connection, relation)
    kinds = {name: INFERRED[kind] for name, kind in columns.items() if name in shared and kind in INFERRED}
    kinds = {name: kind for name, kind in kinds.items() if kind != "Unknown"}
    if not kinds:
        return None
    # Different seeds: with one seed, rows that are in both sides would be sampled together.
    sides = [
        _sampled(connection, side, kinds, 2 * seed + place) for place, side in enumerate((baseline, relation))
    ]
    smaller = min(_rows(side) for side in sides)
    if smaller < MIN_ROWS:
        return None
    most = smaller * MAX_RATIO_OF_ROWS
    sides = [{name: (v[:most], gone[:most]) for name, (v, gone) in side.items()} for side in sides]
    rows = (_rows(sides[0]), _rows(sides[1]))
    table = np.column_stack([_encoded(sides[0][name], sides[1][name], kinds[name]) for name in kinds])
    inside = np.repeat([0, 1], rows)
    groups = _groups(table, inside)
    if min(len(np.unique(groups[inside == side])) for side in (0, 1)) < MIN_ROWS:
        return None
    # On one thread: with several, the last digits of sums vary, and so would the splits of the trees.
    with threadpool_limits(limits=1):
        models, folds = _fitted(table, inside, groups, [kind == "String" for kind in kinds.values()], seed)
        auc, deviation = _auc_of(models, folds, table, inside, groups)
        p_value = 0.5 * math.erfc((auc - 0.5) / deviation / math.sqrt(2)) if deviation else float(auc <= 0.5)
        drifted = auc >= limits.joint_auc and p_value < limits.alpha
        top = _top(models, folds, table, inside, list(kinds), seed) if drifted else ()
    return JointDrift(
        auc=auc,
        low=max(0.0, auc - _NORMAL_95 * deviation),
        high=min(1.0, auc + _NORMAL_95 * deviation),
        p_value=p_value,
        threshold=limits.joint_auc,
        drifted=drifted,
        rows=rows,
        top=top,
    )


def _names(connection: duckdb.DuckDBPyConnection, relation: str) -> set[str]:
    return {str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}


def _rows(side: Mapping[str, Column]) -> int:
    return len(next(iter(side.values()))[0])


def _sampled(
    connection: duckdb.DuckDBPyConnection, relation: str, kinds: Mapping[str, str], seed: int
) -> dict[str, Column]:
    """A sample of one side's rows by column, in a random order that depends only on the rows and the seed."""
    values = {
        name: category(name) if kind == "String" else f"CAST({number(name)} AS DOUBLE)"
        for name, kind in kinds.items()
    }
    named = ", ".join(f"{value} AS {quote(name)}" for name, value in values.items())
    rows = f"(SELECT {named} FROM {relation})"
    query = sample_query(rows, kinds, taken=list(kinds), rows=MAX_ROWS, seed=seed)
    arrays: dict[str, Any] = connection.execute(query).fetchnumpy()
    return {name: (np.ma.getdata(arrays[name]), np.ma.getmaskarray(arrays[name])) for name in kinds}


def _encoded(before: Column, after: Column, kind: str) -> Floats:
    """A column of both sides as numbers: missing values are NaN, rare categories share one code."""
    values, missing = (np.concatenate(parts) for parts in zip(before, after, strict=True))
    if kind != "String":
        # scikit-learn's bin edges are means of two neighbouring values, whose sum must be finite.
        return np.clip(np.where(missing, np.nan, values.astype(np.float64)), -MAX_MAGNITUDE, MAX_MAGNITUDE)
    names, places, counts = np.unique(values[~missing].astype(str), return_inverse=True, return_counts=True)
    ranks = np.empty(len(names))
    # The sort is stable: categories of equal counts stay in alphabetical order.
    ranks[np.argsort(-counts, kind="stable")] = np.arange(len(names))
    others = BINS - 1
    codes = np.full(len(values), np.nan)
    codes[~missing] = np.where((counts < MIN_ROWS_IN_CATEGORY) | (ranks >= others), others, ranks)[places]
    return codes


def _groups(table: Floats, inside: Integers) -> Integers:
    """The group number of each row; the rows of a group must be in one fold."""
    numbers: dict[bytes, int] = {}
    # Rows are compared as bytes, so -0.0 becomes 0.0 and all NaN get the same bytes.
    rows = np.where(np.isnan(table), np.nan, table + 0.0)
    groups = np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in rows])
    counts = np.stack([np.bincount(groups[inside == side], minlength=len(numbers)) for side in (0, 1)])
    shares = counts / counts.sum(axis=1, keepdims=True)
    common = (counts.sum(axis=0) > COMMON_ROWS) & (shares.max(axis=0) > 1 / MIN_ROWS)
    divided = common[groups]
    groups[divided] = len(numbers) + np.arange(int(divided.sum()))
    return groups


def _folds(inside: Integers, groups: Integers, seed: int) -> Integers:
    """The fold number of each row: no group is split, and each side's rows are spread about evenly."""
    numbers, groups = np.unique(groups, return_inverse=True)
    counts = np.stack([np.bincount(groups[inside == side], minlength=len(numbers)) for side in (0, 1)])
    folds = np.empty(len(inside), dtype=np.int_)
    if len(numbers) == len(inside):
        split = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(inside, inside)
        for fold, (_, held_out) in enumerate(split):
            folds[held_out] = fold
        return folds
    order = np.random.default_rng(seed).permutation(len(numbers))
    order = order[np.argsort(-counts.sum(axis=0)[order], kind="stable")]
    shares = (counts / counts.sum(axis=1, keepdims=True)).T.tolist()
    held = [[0.0, 0.0] for _ in range(FOLDS)]
    of_group = np.empty(len(numbers), dtype=np.int_)
    for group in order.tolist():
        before, after = shares[group]
        fold = min(range(FOLDS), key=lambda place: held[place][0] * before + held[place][1] * after)
        held[fold][0] += before
        held[fold][1] += after
        of_group[group] = fold
    return of_group[groups]


def _fitted(
    table: Floats, inside: Integers, groups: Integers, categorical: list[bool], seed: int
) -> tuple[list[Any], list[Integers]]:
    """For each fold, a classifier that is fitted on the other folds, and the indices of the fold's rows."""
    folds = _folds(inside, groups, seed)
    models, tested = [], []
    for fold in range(FOLDS):
        fitted_on, held_out = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        model = HistGradientBoostingClassifier(
            max_iter=50,
            max_leaf_nodes=15,
            max_bins=BINS,
            categorical_features=categorical,
            early_stopping=False,
            random_state=seed,
        )
        models.append(model.fit(table[fitted_on], inside[fitted_on]))
        tested.append(held_out)
    return models, tested


def _auc_of(
    models: list[Any], folds: list[Integers], table: Floats, inside: Integers, groups: Integers
) -> tuple[float, float]:
    """The mean AUC of the folds and its standard deviation."""
    areas, variances = [], []
    for model, held_out in zip(models, folds, strict=True):
        scores = model.decision_function(table[held_out])
        area, variance = _area(scores, inside[held_out] == 1, groups[held_out])
        areas.append(area)
        variances.append(variance)
    correction = 1 / FOLDS + 1 / (FOLDS - 1)
    return float(np.mean(areas)), math.sqrt(float(np.mean(variances)) * correction)


def _area(
    scores: Floats, positive: npt.NDArray[np.bool_], groups: Integers | None = None
) -> tuple[float, float]:
    """The AUC and its variance by DeLong's method, computed from ranks.

    Args:
        groups: the group of each row; the rows of a group count as one observation. None: each row is one.
    """
    ranks = rankdata(scores)
    above, below = int(positive.sum()), int((~positive).sum())
    over = (ranks[positive] - rankdata(scores[positive])) / below
    under = 1 - (ranks[~positive] - rankdata(scores[~positive])) / above
    numbers = np.arange(len(scores)) if groups is None else groups
    variance = _variance_of_mean(over, numbers[positive]) + _variance_of_mean(under, numbers[~positive])
    return float(over.mean()), variance


def _variance_of_mean(values: Floats, groups: Integers) -> float:
    """The variance of the mean of grouped values; infinite when there is only one group."""
    _, places = np.unique(groups, return_inverse=True)
    sums = np.bincount(places, values - values.mean())
    if len(sums) < 2:
        return math.inf
    return float((sums**2).sum()) / len(values) ** 2 * len(sums) / (len(sums) - 1)


def _top(
    models: list[Any],
    folds: list[Integers],
    table: Floats,
    inside: Integers,
    names: list[str],
    seed: int,
) -> tuple[tuple[str, float], ...]:
    """The columns of highest permutation importance: the AUC lost when a column's values are shuffled."""
    random = np.random.default_rng(seed)
    repeats = max(1, min(FOLDS, _PERMUTATIONS // len(names)))
    lost = np.zeros(len(names))
    for model, held_out in zip(models[:repeats], folds[:repeats], strict=True):
        rows, truth = table[held_out], inside[held_out] == 1
        whole, _ = _area(model.decision_function(rows), truth)
        for place in range(len(names)):
            kept = rows[:, place].copy()
            rows[:, place] = random.permutation(kept)
            lost[place] += (whole - _area(model.decision_function(rows), truth)[0]) / repeats
            rows[:, place] = kept
    order = np.argsort(-lost, kind="stable")[:TOP]
    return tuple((names[place], round(float(lost[place]), 6)) for place in order if lost[place] > 0)
