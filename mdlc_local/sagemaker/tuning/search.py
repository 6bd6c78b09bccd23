"""The search of a tuning job: which hyperparameters the next trial has, and which trials are stopped."""

import importlib
import random
from collections.abc import Mapping
from typing import Any

from mdlc_local.sagemaker.tuning.ranges import SearchRange, combinations, grid

_ASKED_AGAIN = 20
_DRAWN = 1000


class Search:
    """A search by Optuna.

    Args:
        strategy: the API's `Strategy`.
        ranges: what is searched.
        maximize: whether the objective metric is better when it is higher.
        seed: of the search; None for another one each time.
        resources: for Hyperband, the least and the most epochs of a trial.
    """

    def __init__(
        self,
        strategy: str,
        ranges: tuple[SearchRange, ...],
        *,
        maximize: bool,
        seed: int | None,
        resources: tuple[int, int] | None = None,
    ) -> None:
        # Imported on first use: it takes a second.
        self._optuna: Any = importlib.import_module("optuna")
        self._optuna.logging.set_verbosity(self._optuna.logging.ERROR)
        self._ranges = ranges
        self._distributions = {each.name: self._distribution(each) for each in ranges}
        self._grid = grid(ranges) if strategy == "Grid" else None
        self._random = random.Random(seed)
        self._tried: set[tuple[str, ...]] = set()
        self._asked: dict[str, Any] = {}
        samplers = self._optuna.samplers
        sampler = (
            samplers.RandomSampler(seed=seed)
            if strategy in ("Random", "Grid")
            # Of several trials at once, none may repeat what another one tries already.
            else samplers.TPESampler(seed=seed, constant_liar=True, n_startup_trials=5)
        )
        pruner = None
        if resources is not None:
            least, most = resources
            pruner = self._optuna.pruners.HyperbandPruner(
                min_resource=least, max_resource=most, reduction_factor=3
            )
        self._study = self._optuna.create_study(
            # The pruner divides the trials by a hash of this name: another name would stop others.
            study_name="search",
            direction="maximize" if maximize else "minimize",
            sampler=sampler,
            pruner=pruner or self._optuna.pruners.NopPruner(),
        )

    def learn(self, hyperparameters: Mapping[str, str], value: float) -> bool:
        """Add a trial of an earlier tuning job; returns whether its hyperparameters are in the ranges."""
        values = {each.name: each.value(hyperparameters.get(each.name, "")) for each in self._ranges}
        if any(each is None for each in values.values()):
            return False
        self._study.add_trial(
            self._optuna.trial.create_trial(params=values, distributions=self._distributions, value=value)
        )
        self._tried.add(self._key(values))
        return True

    def ask(self, name: str) -> dict[str, str] | None:
        """The hyperparameters of the next trial, which gets a name; None when a grid is exhausted."""
        if self._grid is not None:
            texts = next(self._grid, None)
            if texts is not None:
                self._study.enqueue_trial(dict(texts))
                self._asked[name] = self._study.ask(self._distributions)
            return texts
        trial = self._study.ask(self._distributions)
        if combinations(self._ranges) <= _DRAWN:
            trial = self._untried(trial)
        self._tried.add(self._key(trial.params))
        self._asked[name] = trial
        return {each.name: each.text(trial.params[each.name]) for each in self._ranges}

    def report(self, name: str, value: float | None) -> None:
        """A trial has ended; without a value it failed."""
        state = self._optuna.trial.TrialState
        trial = self._asked.pop(name)
        if value is None:
            self._study.tell(trial, state=state.FAIL)
        else:
            self._study.tell(trial, value)

    def prunes(self, name: str, value: float, step: int) -> bool:
        """Whether Hyperband stops a running trial whose metric has this value after that many epochs."""
        trial = self._asked.get(name)
        if trial is None:
            return False
        trial.report(value, step)
        return bool(trial.should_prune())

    def _untried(self, trial: Any) -> Any:
        """Another trial when this one's combination was tried before and there are others."""
        for _ in range(_ASKED_AGAIN):
            if self._key(trial.params) not in self._tried:
                return trial
            self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
            values = {each.name: self._draw(each) for each in self._ranges}
            self._study.enqueue_trial(values)
            trial = self._study.ask(self._distributions)
        return trial

    def _draw(self, searched: SearchRange) -> Any:
        if searched.kind == "choice":
            return self._random.choice(searched.choices)
        return self._random.randint(int(searched.low), int(searched.high))

    def _key(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(each.text(values[each.name]) for each in self._ranges)

    def _distribution(self, searched: SearchRange) -> Any:
        distributions = self._optuna.distributions
        if searched.kind == "choice":
            return distributions.CategoricalDistribution(searched.choices)
        if searched.kind == "int":
            return distributions.IntDistribution(int(searched.low), int(searched.high), log=searched.log)
        return distributions.FloatDistribution(searched.low, searched.high, log=searched.log)
