"""When a tuning job ends before its last trial, and when a trial is stopped early. Pure functions.

Sources: `TuningJobCompletionCriteria` in the API reference; "Stop training jobs early" in its guide.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NOTABLE = 0.01
"""The least improvement that counts, as a share of the best value so far."""
CONVERGED_TRIALS = 10
"""Without an improvement in that many trials, a search counts as converged here; SageMaker does not say when
it finds so."""
ATTEMPTS = 5
"""If no training job succeeded after that many, SageMaker ends the tuning job as Failed."""
MIN_COMPARED = 3
"""A trial is stopped early only when there are that many completed ones to compare it with."""


@dataclass(frozen=True)
class Objective:
    """The objective metric: its name, and whether it is better when it is higher."""

    metric: str
    maximize: bool

    def better(self, value: float, other: float) -> bool:
        """Whether a value is better than another one."""
        return value > other if self.maximize else value < other

    def best(self, values: Sequence[float]) -> float | None:
        """The best of the values; None without any."""
        return (max(values) if self.maximize else min(values)) if values else None


def not_improving(objective: Objective, values: Sequence[float]) -> int:
    """How many of the last trials did not improve the best value by one percent.

    Args:
        objective: the objective metric.
        values: of the trials, in the order of their ends.
    """
    best: float | None = None
    since = 0
    for value in values:
        if best is None or (objective.better(value, best) and abs(value - best) >= NOTABLE * abs(best)):
            best, since = value, 0
        else:
            since += 1
    return since


def reason_to_end(objective: Objective, criteria: Mapping[str, Any], values: Sequence[float]) -> str:
    """Why the search ends after those trials; empty when it does not."""
    target = criteria.get("TargetObjectiveMetricValue")
    best = objective.best(values)
    if target is not None and best is not None and not objective.better(target, best):
        return "target"
    patience = criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
    if patience is not None and not_improving(objective, values) >= patience:
        return "not improving"
    if criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled" and converged(
        objective, values
    ):
        return "converged"
    return ""


def converged(objective: Objective, values: Sequence[float]) -> bool:
    """Whether the search counts as converged."""
    return not_improving(objective, values) >= CONVERGED_TRIALS


def all_fail(failed: int, succeeded: int, limit: int) -> bool:
    """Whether the tuning job fails, because none of its first training jobs succeeded."""
    return not succeeded and failed >= min(ATTEMPTS, limit)


def falls_behind(objective: Objective, value: float, epoch: int, others: Sequence[Sequence[float]]) -> bool:
    """The median rule: whether a value is worse than the median of the others' running averages.

    Args:
        objective: the objective metric.
        value: of the running trial after `epoch` epochs, from 1.
        epoch: how many epochs it has trained.
        others: the values of each completed trial, by epoch.
    """
    averages = [statistics.fmean(values[:epoch]) for values in others if len(values) >= epoch]
    if len(averages) < MIN_COMPARED:
        return False
    return objective.better(statistics.median(averages), value)
