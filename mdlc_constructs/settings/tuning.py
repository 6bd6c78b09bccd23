"""The search for hyperparameters: ranges, strategy, objective metric, and when the search ends."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from mdlc_constructs.settings.algorithms.algorithm import Algorithm
from mdlc_constructs.settings.algorithms.table import Direction
from mdlc_constructs.settings.numbers import check_duration, check_mapping, check_whole, is_number
from mdlc_constructs.settings.payloads.tuning import TuningSection
from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.tuning_ranges import (
    Categorical,
    Continuous,
    Integer,
    TuningRange,
    to_request,
)
from mdlc_constructs.settings.warm_start import WarmStart

Strategy = Literal["Bayesian", "Random", "Hyperband", "Grid"]
STRATEGIES = ("Bayesian", "Random", "Hyperband", "Grid")
DIRECTIONS = ("Maximize", "Minimize")

MAX_HYPERPARAMETERS, MAX_TRIALS, MAX_PARALLEL, MAX_RESOURCE = 30, 750, 100, 20_000
"""Source: "Resource limits for automatic model tuning" in the developer guide, and ``MaxResource`` of
the API."""
MIN_WITHOUT_IMPROVEMENT = 3
MIN_RUNTIME, MAX_RUNTIME = timedelta(seconds=120), timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """A search for hyperparameters: one SageMaker tuning job, whose best trial goes on to evaluation.

    Args:
        ranges: by hyperparameter, what is searched: `Continuous`, `Integer` or `Categorical`. They replace
            the algorithm's own values, which must not be given (a required one, such as ``num_round``, is the
            exception).
        max_trials: the number of training jobs; None for a grid, which tries every combination.
        parallel: how many train at once. A Bayesian search learns more from few at once.
        strategy: "Bayesian", "Random", "Hyperband" (stops bad trials early and gives the others more epochs),
            or "Grid" (categorical ranges only).
        metric: the objective metric, such as "validation:auc"; None for the algorithm's usual one for the
            dataset's task.
        direction: "Maximize" or "Minimize"; only for a metric of a container of your own.
        regex: the regular expression that finds the metric's value in the log of a container of your own; its
            first group is the number.
        early_stopping: stop a trial whose metric is worse than the median of the earlier ones (not with
            Hyperband, which does so itself).
        min_resource: Hyperband: the epochs (rounds) that each trial gets at least.
        max_resource: Hyperband: the epochs that a trial gets at most; None for the algorithm's own number.
        target: end the search when a trial reaches this value of the metric.
        max_without_improvement: end the search after that many trials without an improvement of 1 percent.
        stop_on_convergence: end the search when SageMaker finds that it has converged.
        max_runtime: end the search after this time.
        warm_start: earlier tuning jobs to learn from.
        seed: of the search, so that it can be repeated.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    ranges: Mapping[str, TuningRange]
    max_trials: int | None = None
    parallel: int = 1
    strategy: Strategy = "Bayesian"
    metric: str | None = None
    direction: Direction | None = None
    regex: str | None = None
    early_stopping: bool = False
    min_resource: int | None = None
    max_resource: int | None = None
    target: float | None = None
    max_without_improvement: int | None = None
    stop_on_convergence: bool = False
    max_runtime: timedelta | None = None
    warm_start: WarmStart | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise unknown("strategy", self.strategy, STRATEGIES, what="strategy")
        self._check_ranges()
        self._check_numbers()
        self._check_strategy()
        if self.direction is not None and self.direction not in DIRECTIONS:
            raise unknown("direction", self.direction, DIRECTIONS, what="direction")
        if self.metric is not None and not (isinstance(self.metric, str) and self.metric):
            raise refusal("metric", self.metric, "give the metric's name, such as 'validation:loss'.")
        if self.regex is not None:
            _check_regex(self.regex)

    def _check_ranges(self) -> None:
        check_mapping("ranges", self.ranges, '{"eta": Continuous(0.05, 0.5)}')
        if not 1 <= len(self.ranges) <= MAX_HYPERPARAMETERS:
            raise refusal(
                "ranges", list(self.ranges), f"give 1 to {MAX_HYPERPARAMETERS} hyperparameters to search."
            )
        for name, values in self.ranges.items():
            if not isinstance(name, str) or not name:
                raise refusal(
                    "ranges", name, 'name the hyperparameter, such as {"eta": Continuous(0.05, 0.5)}.'
                )
            if not isinstance(values, (Continuous, Integer, Categorical)):
                raise refusal(
                    f"ranges[{name!r}]", values, "give Continuous(...), Integer(...) or Categorical(...)."
                )
        object.__setattr__(self, "ranges", dict(self.ranges))
        possible = self.combinations
        if self.strategy == "Grid":
            self._check_grid()
        elif self.max_trials is None:
            raise refusal("max_trials", None, "say how many training jobs the search may start.")
        elif possible is not None and isinstance(self.max_trials, int) and possible < self.max_trials:
            # SageMaker: "You don't have enough combinations of hyperparameter ranges."
            raise refusal(
                "max_trials",
                self.max_trials,
                f"the ranges have {possible} combinations: give at most {possible}, or wider ranges.",
            )

    def _check_grid(self) -> None:
        for name, values in self.ranges.items():
            if not isinstance(values, Categorical):
                raise refusal(
                    f"ranges[{name!r}]",
                    type(values).__name__,
                    "a grid takes lists of values only; give Categorical([...]), or another strategy.",
                )
        possible = self.combinations
        if self.max_trials not in (None, possible):
            raise refusal(
                "max_trials",
                self.max_trials,
                f"a grid tries each of its {possible} combinations; leave max_trials out.",
            )
        object.__setattr__(self, "max_trials", possible)

    def _check_numbers(self) -> None:
        check_whole("max_trials", self.max_trials, 1, MAX_TRIALS)
        check_whole("parallel", self.parallel, 1, MAX_PARALLEL)
        if self.parallel > self.trials:
            raise refusal("parallel", self.parallel, f"is above max_trials={self.trials}; give less.")
        check_whole("seed", self.seed, 0, 2**31 - 1)
        for name in ("early_stopping", "stop_on_convergence"):
            if not isinstance(getattr(self, name), bool):
                raise refusal(name, getattr(self, name), "give True or False.")
        if self.target is not None and not is_number(self.target):
            raise refusal("target", self.target, "give a finite number, or None for no target.")
        if self.max_without_improvement is not None:
            check_whole(
                "max_without_improvement", self.max_without_improvement, MIN_WITHOUT_IMPROVEMENT, MAX_TRIALS
            )
        if self.max_runtime is not None:
            check_duration("max_runtime", self.max_runtime, MIN_RUNTIME, MAX_RUNTIME)

    def _check_strategy(self) -> None:
        if self.strategy != "Hyperband":
            for name in ("min_resource", "max_resource"):
                if getattr(self, name) is not None:
                    raise refusal(name, getattr(self, name), "is for strategy='Hyperband'; leave it out.")
        else:
            for name in ("min_resource", "max_resource"):
                if getattr(self, name) is not None:
                    check_whole(name, getattr(self, name), 1, MAX_RESOURCE)
            if self.min_resource and self.max_resource and self.min_resource >= self.max_resource:
                raise refusal(
                    "min_resource", self.min_resource, f"is not below max_resource={self.max_resource}."
                )
            if self.early_stopping:
                raise refusal(
                    "early_stopping", True, "Hyperband stops trials by a rule of its own; leave it out."
                )
        if self.warm_start is not None and not isinstance(self.warm_start, WarmStart):
            raise refusal(
                "warm_start", self.warm_start, "give WarmStart(parents=[...]) with names of tuning jobs."
            )
        if self.warm_start is not None and self.strategy not in ("Bayesian", "Random"):
            # "Hyperparameter tuning uses either Bayesian or random search": "Run a warm start hyperparameter
            # tuning job" in the developer guide.
            raise refusal(
                "warm_start",
                list(self.warm_start.parents),
                f"strategy={self.strategy!r} does not learn from earlier jobs; give 'Bayesian' or 'Random'.",
            )

    @property
    def trials(self) -> int:
        """The number of training jobs at most."""
        return self.max_trials or 0

    @property
    def combinations(self) -> int | None:
        """The number of combinations of values; None when it is not finite."""
        numbers = [values.combinations for values in self.ranges.values()]
        known = [number for number in numbers if number is not None]
        return math.prod(known) if len(known) == len(numbers) else None

    @property
    def can_continue(self) -> bool:
        """Whether a search that was stopped goes on from its trials; Hyperband and a grid begin anew."""
        return self.strategy in ("Bayesian", "Random")

    def static(self, algorithm: Algorithm) -> dict[str, str]:
        """The algorithm's hyperparameters that are not searched."""
        return {name: text for name, text in algorithm.texts.items() if name not in self.ranges}

    def to_plan(self) -> TuningSection:
        """The tuning in the settings of the planning function."""
        return TuningSection(
            trials=self.trials,
            parents=tuple(self.warm_start.parents) if self.warm_start else (),
            continues=self.can_continue,
            counts_stopped=self.early_stopping,
        )

    def parameter_ranges(self) -> dict[str, object]:
        """The API's ``ParameterRanges``."""
        return to_request(self.ranges)

    def completion(self) -> dict[str, object] | None:
        """The API's ``TuningJobCompletionCriteria``; None without any."""
        criteria: dict[str, object] = {}
        if self.target is not None:
            criteria["TargetObjectiveMetricValue"] = self.target
        if self.max_without_improvement is not None:
            criteria["BestObjectiveNotImproving"] = {
                "MaxNumberOfTrainingJobsNotImproving": self.max_without_improvement
            }
        if self.stop_on_convergence:
            criteria["ConvergenceDetected"] = {"CompleteOnConvergence": "Enabled"}
        return criteria or None


def check_tuning(tuning: object) -> None:
    """Refuse what is no search.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """
    if tuning is not None and not isinstance(tuning, Tuning):
        raise refusal("tuning", tuning, "give Tuning(ranges=..., max_trials=...), or None for no search.")


def _check_regex(regex: object) -> None:
    if not isinstance(regex, str):
        raise refusal("regex", regex, "give a regular expression as text, such as r'loss=([0-9.]+)'.")
    try:
        groups = re.compile(regex).groups
    except re.error as error:
        raise refusal("regex", regex, f"is no regular expression ({error}).") from None
    if groups < 1 or len(regex) > 500:
        raise refusal("regex", regex, "needs a group around the number, and at most 500 characters.")
