"""What a tuning may search of a built-in algorithm, and the metrics that it may search by.

The ranges in AWS's pages on tuning are recommendations: all values that the algorithm accepts may be
searched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from mdlc_constructs.settings.algorithms.arguments import hyperparameter_of
from mdlc_constructs.settings.algorithms.hyperparameter_rules import check_together
from mdlc_constructs.settings.algorithms.hyperparameters import Value, check_value
from mdlc_constructs.settings.algorithms.table import AlgorithmFacts, Direction, algorithm_facts
from mdlc_constructs.settings.algorithms.xgboost import ALIASES, TABLE
from mdlc_constructs.settings.algorithms.xgboost_metrics import METRIC_TASKS

_XGBOOST = "xgboost"

_USUAL: Mapping[str, Mapping[str, str]] = {
    _XGBOOST: {
        "binary": "validation:auc",
        "multiclass": "validation:mlogloss",
        "regression": "validation:rmse",
        "ranking": "validation:ndcg",
    },
    "linear-learner": dict.fromkeys(("binary", "multiclass", "regression"), "validation:objective_loss"),
    "kmeans": {"cluster": "test:msd"},
    "ntm": {"embedding": "validation:total_loss"},
    "forecasting-deepar": {"forecast": "test:mean_wQuantileLoss"},
}
"""The metric that an algorithm is searched by for a task unless another is given."""

_EPOCHS = ("num_round", "epochs", "num_boost_round", "iterations", "n_epochs")
"""Hyperparameters by which Hyperband may divide: the numbers of epochs or rounds."""


@dataclass(frozen=True, kw_only=True)
class TunableAlgorithm:
    """A built-in algorithm as a tuning sees it.

    Attributes:
        facts: its row in the table.
    """

    facts: AlgorithmFacts

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """By hyperparameter that can be tuned, the member of ``ParameterRanges`` that its range goes into."""
        return {name: f"{row.kind}ParameterRanges" for name, row in self.facts.tunable.items()}

    @property
    def metrics(self) -> Mapping[str, Direction]:
        """The direction of each objective metric."""
        return {name: row.direction for name, row in self.facts.objective_metrics.items()}

    def pattern(self, metric: str) -> str | None:
        """The regular expression of a metric in the log; None where SageMaker knows it by itself."""
        return self.facts.objective_metrics[metric].pattern or None

    def usual_metric(self, task: str) -> str | None:
        """The metric to search by for a task; None when one must be chosen."""
        usual = _USUAL.get(self.facts.name, {}).get(task)
        if usual is None and len(self.metrics) == 1:
            usual = next(iter(self.metrics))
        return usual if usual in self.metrics else None

    def tasks_of(self, metric: str) -> tuple[str, ...]:
        """The tasks that a metric is for; empty for all."""
        if self.facts.name != _XGBOOST:
            return ()
        return METRIC_TASKS.get(metric.rpartition(":")[2], ())

    def own_name(self, argument: str) -> str:
        """The algorithm's own name of a hyperparameter."""
        name = hyperparameter_of(argument)
        return ALIASES.get(name, name) if self.facts.name == _XGBOOST else name

    @property
    def required(self) -> tuple[str, ...]:
        """Hyperparameters that the constructor requires."""
        return tuple(name for name, row in self.facts.hyperparameters.items() if row.required)

    @property
    def epochs(self) -> str:
        """The hyperparameter by which Hyperband may divide; empty without one."""
        return next((name for name in _EPOCHS if name in self.facts.hyperparameters), "")

    def check_value(self, name: str, value: Value, texts: Mapping[str, str]) -> None:
        """Refuse a value of a range that the algorithm refuses, alone or beside the other hyperparameters.

        Raises:
            ValueError: naming the hyperparameter, the value and the remedy.
        """
        if self.facts.name == _XGBOOST:
            check_value(name, value, TABLE[name])
            return
        text = self.facts.hyperparameters[name].text(value)
        check_together(self.facts, {**texts, name: text})


def tunable(algorithm: str) -> TunableAlgorithm:
    """A built-in algorithm as a tuning sees it."""
    return TunableAlgorithm(facts=algorithm_facts(algorithm))
