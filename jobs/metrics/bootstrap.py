"""Metrics of resampled rows, from which confidence intervals follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jobs.metrics.computing import compute_metrics
from jobs.metrics.rows import Floats, ScoredRows


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """Metrics of each resample, by model and metric; at the same index, all models had the same rows."""

    values: Mapping[str, Mapping[str, Floats]]
    confidence: float = 0.95
    resamples: int = 0

    def interval(self, model: str, metric: str) -> tuple[float, float]:
        """The percentile interval of a metric; NaN when no resample defines it."""
        defined = self._defined(model, metric)
        if len(defined) == 0:
            return float("nan"), float("nan")
        tail = (1 - self.confidence) / 2
        low, high = np.quantile(defined, [tail, 1 - tail])
        return float(low), float(high)

    def standard_deviation(self, model: str, metric: str) -> float:
        """The standard deviation of a metric over the resamples."""
        defined = self._defined(model, metric)
        return float(np.std(defined, ddof=1)) if len(defined) > 1 else float("nan")

    def _defined(self, model: str, metric: str) -> Floats:
        """The metric's values without NaN: a resample of a single class has no AUC."""
        values = self.values[model][metric]
        return values[~np.isnan(values)]


def bootstrap_metrics(
    models: Mapping[str, ScoredRows],
    *,
    resamples: int,
    seed: int,
    confidence: float = 0.95,
    groups: npt.NDArray[np.int_] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Bootstrap:
    """Resample the rows, the same way for every model, so that their differences are paired.

    Args:
        models: the models' scored rows, by name; all must have the same rows in the same order.
        groups: the group number of each row, from 0. The rows of a group are drawn together, as they are
            not independent. When None, the units or else the groups of the rows of the first model; without
            any, each row is its own group. Rows with blocks are drawn in two stages: groups, and as many
            blocks of each.
        progress: called with the number of each finished resample.
    """
    generator = np.random.default_rng(seed)
    draw = resampling(next(iter(models.values())), groups)
    drawn: dict[str, dict[str, list[float]]] = {name: {} for name in models}
    for number in range(resamples):
        counts = draw(generator)
        for name, scored in models.items():
            for metric, value in compute_metrics(scored, counts).items():
                drawn[name].setdefault(metric, []).append(value)
        if progress:
            progress(number + 1)
    return Bootstrap(
        values={
            name: {metric: np.asarray(values) for metric, values in metrics.items()}
            for name, metrics in drawn.items()
        },
        confidence=confidence,
        resamples=resamples,
    )


def resampling(
    scored: ScoredRows, groups: npt.NDArray[np.int_] | None = None
) -> Callable[[np.random.Generator], Floats]:
    """A function that draws one resample: how often each row is in it."""
    groups = scored.units if groups is None else groups
    groups, blocks = (scored.groups, scored.blocks) if groups is None else (groups, None)
    units = len(scored) if groups is None else int(groups.max()) + 1

    def draw_units(generator: np.random.Generator) -> Floats:
        counts = np.bincount(generator.integers(0, units, units), minlength=units).astype(np.float64)
        return counts if groups is None else counts[groups]

    if groups is None or blocks is None:
        return draw_units
    # The blocks in the order of their groups: those of a group stand side by side.
    first = np.unique(blocks, return_index=True)[1]
    place_of_block = np.unique(blocks, return_inverse=True)[1].reshape(-1)
    group_of_block = groups[first]
    sizes = np.bincount(group_of_block, minlength=units)
    starts = np.r_[0, np.cumsum(sizes)[:-1]]
    by_group = np.argsort(group_of_block, kind="stable")

    def draw_blocks(generator: np.random.Generator) -> Floats:
        drawn_groups = generator.integers(0, units, units)
        repeated = np.repeat(drawn_groups, sizes[drawn_groups])
        places = starts[repeated] + (generator.random(len(repeated)) * sizes[repeated]).astype(np.intp)
        counts = np.bincount(by_group[places], minlength=len(first)).astype(np.float64)
        return counts[place_of_block]

    return draw_blocks
