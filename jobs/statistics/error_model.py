"""Expected errors of a regression's answers, by row: small gradient-boosted trees over quantile bins.

The trees predict an error from a row's raw values and its score. They are fitted on the holdout, whose
errors are known. Cross-validation selects the number of trees: it may be 0, and then every row gets the mean
error. A model that was fitted and judged on the same rows would promise too much.

Source: direct loss estimation as in NannyML (DLE); Friedman (2001), Greedy function approximation: a gradient
boosting machine.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from jobs.metrics.rows import Floats

BINS = 64
CATEGORIES = 100
"""Categories with an own bin, the most frequent ones; the others share one with missing values."""

DEPTH = 5
LEAF_ROWS = 20
LEARNING_RATE = 0.1
MAX_TREES, PATIENCE = 100, 10
FOLDS = 4
MIN_ROWS = 100
"""With fewer rows, no trees are fitted."""

_SMOOTHING = 20.0  # rows with the mean error that every category is given besides its own
_SPLITS = 2**DEPTH - 1

Codes = npt.NDArray[np.intp]
Values = Mapping[str, npt.NDArray[Any]]
"""By column: numbers with NaN, or texts with None."""


def fit_errors(
    values: Values,
    targets: Mapping[str, Floats],
    *,
    seed: int,
    units: npt.NDArray[np.int_] | None = None,
) -> dict[str, Any]:
    """A model of each target, such as the absolute error, as JSON for `expected_errors`.

    Args:
        values: of shape (n,) each: the columns to predict by.
        targets: of shape (n,) each: what to predict.
        seed: of the folds of cross-validation.
        units: of shape (n,), from 0: the rows that depend on each other and are in the same fold; None when
            rows are independent.

    Returns:
        By target: the ``mean``, the ``bins`` of each column, ``trees``, and ``explained``, the share of the
        target's variance that trees explain in rows that they were not fitted on.
    """
    return {name: _fit(values, target, seed, units) for name, target in targets.items()}


def expected_errors(model: Mapping[str, Any], values: Values) -> Floats:
    """The expected error of each row, by the model of one target; a column without values counts as missing.

    Args:
        model: the entry of one target in what `fit_errors` returned.
        values: of shape (n,) each; at least one column.
    """
    rows = len(next(iter(values.values())))
    columns = [
        _coded(values[name], bins) if name in values else np.zeros(rows, dtype=np.intp)
        for name, bins in model["bins"].items()
    ]
    codes = np.stack(columns, axis=1) if columns else np.zeros((rows, 1), dtype=np.intp)
    return _predicted(model["mean"], model["trees"], codes, model["range"])


def _fit(values: Values, target: Floats, seed: int, units: npt.NDArray[np.int_] | None) -> dict[str, Any]:
    rows = len(target)
    average = float(target.mean()) if rows else 0.0
    model: dict[str, Any] = {
        "mean": average,
        "range": [float(target.min()), float(target.max())] if rows else [0.0, 0.0],
        "rows": rows,
        "bins": {},
        "trees": [],
        "explained": 0.0,
    }
    if rows < MIN_ROWS or not target.var() > 0:
        return model
    members = np.arange(rows) if units is None else units
    folds = (np.random.default_rng(seed).permutation(int(members.max()) + 1) % FOLDS)[members]
    if folds.min() == folds.max():
        return model
    losses = np.zeros(MAX_TREES + 1)
    for fold in np.unique(folds):
        held = folds == fold
        bins = _bins(_part(values, ~held), target[~held])
        mean = float(target[~held].mean())
        trees = _trees(_matrix(_part(values, ~held), bins), target[~held] - mean, MAX_TREES)
        losses += _losses(_matrix(_part(values, held), bins), target[held] - mean, trees)
    best = int(losses.argmin())
    explained = 1 - float(losses[best] / losses[0])
    if best and explained > 0:
        bins = _bins(values, target)
        trees = _trees(_matrix(values, bins), target - average, best)
        model |= {"bins": bins, "trees": trees, "explained": explained}
    return model


def _part(values: Values, chosen: npt.NDArray[np.bool_]) -> Values:
    return {name: column[chosen] for name, column in values.items()}


def _bins(values: Values, target: Floats) -> dict[str, dict[str, Any]]:
    """The bins of each column: ``edges`` of numbers; ``places`` of categories, ordered by mean errors."""
    bins: dict[str, dict[str, Any]] = {}
    for name, column in values.items():
        if column.dtype.kind == "f":
            known = column[np.isfinite(column)]
            levels = np.arange(1, BINS) / BINS
            edges = np.unique(np.quantile(known, levels, method="lower")) if len(known) else known
            bins[name] = {"edges": [float(edge) for edge in edges]}
        else:
            bins[name] = {"places": _places(column, target)}
    return bins


def _places(column: npt.NDArray[Any], target: Floats) -> dict[str, int]:
    texts = np.array(["" if value is None else f"={value}" for value in column])
    names, inverse, counts = np.unique(texts, return_inverse=True, return_counts=True)
    sums = np.bincount(inverse, target, len(names))
    means = (sums + _SMOOTHING * target.mean()) / (counts + _SMOOTHING)
    frequent = [place for place in np.lexsort((names, -counts)) if names[place]][:CATEGORIES]
    ordered = sorted(frequent, key=lambda place: (means[place], names[place]))
    return {str(names[place][1:]): number for number, place in enumerate(ordered, start=1)}


def _matrix(values: Values, bins: Mapping[str, Mapping[str, Any]]) -> Codes:
    return np.stack([_coded(values[name], described) for name, described in bins.items()], axis=1)


def _coded(column: npt.NDArray[Any], bins: Mapping[str, Any]) -> Codes:
    """The bin of each value; 0 for a missing value, and for a category without a bin."""
    if "edges" in bins:
        numbers = np.asarray(column, dtype=np.float64)
        edges = np.asarray(bins["edges"], dtype=np.float64)
        codes = np.searchsorted(edges, numbers, side="left") + 1
        return np.where(np.isnan(numbers), 0, codes)
    places: Mapping[str, int] = bins["places"]
    return np.fromiter((places.get(value, 0) for value in column), dtype=np.intp, count=len(column))


def _trees(codes: Codes, residual: Floats, most: int) -> list[dict[str, Any]]:
    """Fit trees to what the earlier ones left; fewer than ``most`` when no split helps."""
    trees: list[dict[str, Any]] = []
    left = residual.copy()
    for _ in range(most):
        tree = _tree(codes, left)
        if not tree["splits"]:
            break
        left -= _leaf_values(tree, codes)
        trees.append(tree)
    return trees


def _tree(codes: Codes, residual: Floats) -> dict[str, Any]:
    """One tree: ``splits`` by node as ``[column, highest bin on the left]``, and ``leaves``.

    The nodes are numbered by level: the children of node i are 2i + 1 and 2i + 2. A node without a split,
    which is not listed, sends all its rows to the left.
    """
    rows, width = codes.shape
    bins = int(codes.max()) + 1
    flat = codes + np.arange(width) * bins
    node = np.zeros(rows, dtype=np.intp)
    splits: dict[str, list[int]] = {}
    for level in range(DEPTH):
        first = 2**level - 1
        for number in range(first, 2 * first + 1):
            inside = np.flatnonzero(node == number) if level else np.arange(rows)
            split = _split(flat[inside], residual[inside], width, bins)
            if split:
                splits[str(number)] = [split[0], split[1]]
                right = codes[inside, split[0]] > split[1]
                node[inside] = 2 * number + 1 + right
            else:
                node[inside] = 2 * number + 1
    leaf = node - _SPLITS
    counts = np.bincount(leaf, minlength=2**DEPTH)
    sums = np.bincount(leaf, residual, 2**DEPTH)
    leaves = LEARNING_RATE * sums / np.maximum(counts, 1)
    return {"splits": splits, "leaves": [float(value) for value in leaves]}


def _split(flat: Codes, residual: Floats, width: int, bins: int) -> tuple[int, int] | None:
    """The column and the bin that reduce the squared error most; None when no split has enough rows."""
    rows = len(residual)
    if rows < 2 * LEAF_ROWS:
        return None
    counts = np.bincount(flat.ravel(), minlength=width * bins).reshape(width, bins).cumsum(axis=1)
    weights = np.repeat(residual, width)
    sums = np.bincount(flat.ravel(), weights, width * bins).reshape(width, bins).cumsum(axis=1)
    total = float(residual.sum())
    allowed = (counts >= LEAF_ROWS) & (rows - counts >= LEAF_ROWS)
    if not allowed.any():
        return None
    gain = sums**2 / np.maximum(counts, 1) + (total - sums) ** 2 / np.maximum(rows - counts, 1)
    gain = np.where(allowed, gain, -np.inf)
    best = int(gain.argmax())
    if not gain.flat[best] > total**2 / rows * (1 + 1e-9):
        return None
    return best // bins, best % bins


def _leaf_values(tree: Mapping[str, Any], codes: Codes) -> Floats:
    column = np.zeros(_SPLITS, dtype=np.intp)
    highest = np.full(_SPLITS, np.iinfo(np.intp).max)
    for number, (place, split) in tree["splits"].items():
        column[int(number)], highest[int(number)] = place, split
    everything = np.arange(len(codes))
    node = np.zeros(len(codes), dtype=np.intp)
    for _ in range(DEPTH):
        node = 2 * node + 1 + (codes[everything, column[node]] > highest[node])
    leaves: Floats = np.asarray(tree["leaves"], dtype=np.float64)
    reached: Floats = leaves[node - _SPLITS]
    return reached


def _losses(codes: Codes, residual: Floats, trees: Sequence[Mapping[str, Any]]) -> Floats:
    """The squared error after 0, 1, 2 ... trees; after the last one it stays."""
    left = residual.copy()
    losses = [float(np.square(left).sum())]
    for tree in trees:
        left -= _leaf_values(tree, codes)
        losses.append(float(np.square(left).sum()))
    losses += [losses[-1]] * (MAX_TREES + 1 - len(losses))
    return np.array(losses)


def _predicted(
    mean: float, trees: Sequence[Mapping[str, Any]], codes: Codes, bounds: Sequence[float]
) -> Floats:
    expected = np.full(len(codes), mean)
    for tree in trees:
        expected += _leaf_values(tree, codes)
    clipped: Floats = np.clip(expected, bounds[0], bounds[1])
    return clipped
