from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs import Categorical, Continuous, Integer, Tuning, WarmStart

ETA = {"eta": Continuous(0.1, 0.5)}
GRID = {"max_depth": Categorical((3, 6)), "eta": Categorical((0.1, 0.3))}


def made(**changes: Any) -> Tuning:
    return Tuning(**{"ranges": ETA, "max_trials": 12, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ranges": {}}, "give 1 to 30 hyperparameters"),
        ({"ranges": {f"h{n}": Continuous(0, 1) for n in range(31)}}, "give 1 to 30 hyperparameters"),
        ({"ranges": [1]}, "give a mapping"),
        ({"ranges": {"eta": (0.1, 0.5)}}, "give Continuous(...)"),
        ({"max_trials": None}, "say how many training jobs"),
        ({"max_trials": 0}, "from 1 to 750"),
        ({"max_trials": 751}, "from 1 to 750"),
        ({"max_trials": 8, "ranges": {"max_depth": Integer(2, 8)}}, "the ranges have 7 combinations"),
        ({"parallel": 13}, "is above max_trials=12"),
        ({"parallel": 0}, "from 1 to 100"),
        ({"strategy": "Bayes"}, "did you mean 'Bayesian'"),
        ({"strategy": "Grid"}, "a grid takes lists of values only"),
        ({"strategy": "Grid", "ranges": GRID}, "tries each of its 4 combinations"),
        ({"strategy": "Hyperband", "early_stopping": True}, "a rule of its own"),
        ({"strategy": "Hyperband", "min_resource": 5, "max_resource": 5}, "is not below max_resource=5"),
        ({"strategy": "Hyperband", "max_resource": 20_001}, "from 1 to 20000"),
        ({"max_resource": 10}, "is for strategy='Hyperband'"),
        ({"target": float("nan")}, "give a finite number"),
        ({"max_without_improvement": 2}, "from 3 to 750"),
        ({"max_runtime": timedelta(seconds=60)}, "from 0:02:00 to 30 days"),
        ({"seed": -1}, "from 0"),
        ({"direction": "Maximise"}, "did you mean 'Maximize'"),
        ({"regex": "loss=[0-9]"}, "needs a group around the number"),
        ({"regex": "loss=("}, "is no regular expression"),
        ({"regex": 3}, "regex=3: give a regular expression as text"),
        ({"metric": 3}, "metric=3: give the metric's name"),
        ({"ranges": {3: Continuous(0, 1)}}, "ranges=3: name the hyperparameter"),
        ({"warm_start": "job"}, "warm_start='job': give WarmStart(parents=[...])"),
        ({"early_stopping": "no"}, "early_stopping='no': give True or False."),
        ({"stop_on_convergence": 0}, "stop_on_convergence=0: give True or False."),
        (
            {"strategy": "Grid", "ranges": GRID, "max_trials": None, "warm_start": WarmStart(parents=("a",))},
            "does not learn from earlier jobs",
        ),
    ],
)
def test_a_search_that_contradicts_itself_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="=") as error:
        made(**changes)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"parents": ()}, "give 1 to 5"),
        ({"parents": tuple("abcdef")}, "give 1 to 5"),
        ({"parents": "a"}, "give a list"),
        ({"parents": None}, "parents=None: give a list"),
        ({"parents": ("a" * 33,)}, "at most 32 characters"),
        ({"parents": ("a", "a")}, "occurs twice"),
        ({"parents": ("a",), "kind": "Transfer"}, "no such kind of warm start"),
    ],
)
def test_a_warm_start_names_tuning_jobs(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WarmStart(**given)


def test_a_grid_counts_its_trials() -> None:
    assert made(strategy="Grid", ranges=GRID, max_trials=None).trials == 4


def test_the_completion_criteria_are_the_apis() -> None:
    assert made().completion() is None
    criteria = made(target=0.9, max_without_improvement=5, stop_on_convergence=True).completion()
    assert criteria == {
        "TargetObjectiveMetricValue": 0.9,
        "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 5},
        "ConvergenceDetected": {"CompleteOnConvergence": "Enabled"},
    }
