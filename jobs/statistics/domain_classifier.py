"""Joint drift: can a classifier distinguish a window's rows from the baseline's?

It sees what no column shows alone, such as two columns that no longer move together. Its AUC over rows that
it was not fitted on is the effect: 0.5 is guessing, 1 is every row right. Folds of a cross-validation share
their training rows, so that their AUCs do not vary as those of independent samples; the variance is corrected
for it.

Equal rows are kept in one fold: a classifier that was fitted on a row's copy recognises the row. They count
as one observation. Rows of a content that is common are divided among the folds as others are, because what
a table of a few categories says is how frequent each content is.

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
from jobs.statistics.aggregates import category, number
from jobs.statistics.baseline import INFERRED
from jobs.statistics.metrics import Floats
from jobs.statistics.sampling import sample_query
from mdlc_constructs.settings.payloads.job_plan import Thresholds

MAX_ROWS = 10_000  # of each side
MIN_ROWS = 60  # different ones of the smaller side, below which no classifier learns anything
COMMON_ROWS = 20  # of both sides: more equal rows, and more than one in MIN_ROWS of a side, are no copies
MAX_RATIO_OF_ROWS = 10  # times more rows of one side are no help
FOLDS = 3
BINS = 64  # of a number's values, and the most codes of categories
MIN_ROWS_IN_CATEGORY = 10  # rows of both sides; rarer ones are one category together
MAX_MAGNITUDE = 2.0**1022  # of a number; larger ones count as equal
TOP = 10
_PERMUTATIONS = 120  # over folds and columns
_NORMAL_95 = 1.959963984540054

Integers = npt.NDArray[np.int_]
Column = tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]
"""Values, and which of them are missing."""


@dataclass(frozen=True, kw_only=True)
class JointDrift:
    """How well rows of window and baseline are distinguished.

    ``top`` are the columns whose shuffling costs the classifier most AUC, and how much; without drift there
    are none to name. ``rows`` are those that were compared, of baseline and window.
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
        baseline: the sample as a relation in SQL, such as `jobs.database.parquet` names a file.
        columns: name and kind of each; those that one side lacks, and times and texts, are left out.
        seed: of sampling, folds and shuffling: the same rows and seed give the same result.

    Returns:
        None when there are too few rows or no columns to compare.
    """
    limits = thresholds or Thresholds()
    shared = _names(connection, baseline) & _names(connection, relation)
    kinds = {name: INFERRED[kind] for name, kind in columns.items() if name in shared and kind in INFERRED}
    kinds = {name: kind for name, kind in kinds.items() if kind != "Unknown"}
    if not kinds:
        return None
    # Drawn apart: with one seed for both, rows that both sides have would be drawn together.
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
    # On one thread: sums over several differ in their last digits, and so would what the trees choose.
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
    """Rows of one side, in a random order that they alone decide."""
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
    """A column of both sides as numbers, missing values as NaN; categories as codes, the rarest as one."""
    values, missing = (np.concatenate(parts) for parts in zip(before, after, strict=True))
    if kind != "String":
        # The edges of a classifier's bins are means of neighbours, whose sum must be a finite number.
        return np.clip(np.where(missing, np.nan, values.astype(np.float64)), -MAX_MAGNITUDE, MAX_MAGNITUDE)
    names, places, counts = np.unique(values[~missing].astype(str), return_inverse=True, return_counts=True)
    ranks = np.empty(len(names))
    # Equal counts are in the order of the names, as a stable sort leaves them.
    ranks[np.argsort(-counts, kind="stable")] = np.arange(len(names))
    others = BINS - 1
    codes = np.full(len(values), np.nan)
    codes[~missing] = np.where((counts < MIN_ROWS_IN_CATEGORY) | (ranks >= others), others, ranks)[places]
    return codes


def _groups(table: Floats, inside: Integers) -> Integers:
    """A number for each row, the same for rows that must be in one fold."""
    numbers: dict[bytes, int] = {}
    # Bytes are compared: zero has one sign, and missing values are equal.
    rows = np.where(np.isnan(table), np.nan, table + 0.0)
    groups = np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in rows])
    counts = np.stack([np.bincount(groups[inside == side], minlength=len(numbers)) for side in (0, 1)])
    shares = counts / counts.sum(axis=1, keepdims=True)
    common = (counts.sum(axis=0) > COMMON_ROWS) & (shares.max(axis=0) > 1 / MIN_ROWS)
    divided = common[groups]
    groups[divided] = len(numbers) + np.arange(int(divided.sum()))
    return groups


def _folds(inside: Integers, groups: Integers, seed: int) -> Integers:
    """The fold of each row: no group is divided, and each fold has about as many rows of each side."""
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
    """A classifier for each fold, fitted on the others, and the places of each fold's rows."""
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
    """The AUC and its variance by DeLong, which ranks within each side and over both give.

    Args:
        groups: rows of one group count as one observation, however many there are.
    """
    ranks = rankdata(scores)
    above, below = int(positive.sum()), int((~positive).sum())
    over = (ranks[positive] - rankdata(scores[positive])) / below
    under = 1 - (ranks[~positive] - rankdata(scores[~positive])) / above
    numbers = np.arange(len(scores)) if groups is None else groups
    variance = _variance_of_mean(over, numbers[positive]) + _variance_of_mean(under, numbers[~positive])
    return float(over.mean()), variance


def _variance_of_mean(values: Floats, groups: Integers) -> float:
    """Infinite for one group, which says nothing of it."""
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
    """The columns that matter most: the AUC that is lost when a column's values are shuffled among rows."""
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
