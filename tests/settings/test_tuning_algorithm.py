from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs import (
    Algorithm,
    BuiltInAlgorithm,
    Categorical,
    Compute,
    Continuous,
    CustomImage,
    Integer,
    Spot,
    Tuning,
)
from mdlc_constructs.settings.tuning_algorithm import of_algorithm

XGBOOST = BuiltInAlgorithm.xgboost(objective="multi:softprob", num_round=20)
OWN = CustomImage(image_uri="1.dkr.ecr.eu-west-1.amazonaws.com/team/own:1", hyperparameters={"depth": 3})
OWN_METRIC = {"metric": "loss", "direction": "Minimize", "regex": "loss=([0-9.]+)"}


def tuned(
    ranges: dict[str, Any], algorithm: Algorithm = XGBOOST, task: str = "multiclass", **options: Any
) -> Tuning:
    compute = options.pop("compute", Compute())
    return of_algorithm(Tuning(**{"ranges": ranges, "max_trials": 2, **options}), algorithm, task, compute)


def test_the_metric_and_its_direction_follow_from_algorithm_and_task() -> None:
    tuning = tuned({"learning_rate": Continuous(0.1, 0.5), "num_round": Integer(10, 50)})
    assert list(tuning.ranges) == ["eta", "num_round"]
    assert (tuning.metric, tuning.direction, tuning.regex) == ("validation:mlogloss", "Minimize", None)
    assert tuning.static(XGBOOST) == {"objective": "multi:softprob"}
    chosen = tuned({"eta": Continuous(0.1, 0.5)}, metric="validation:accuracy")
    assert chosen.direction == "Maximize"
    linear = tuned({"l1": Continuous(0.001, 0.1)}, BuiltInAlgorithm.linear_learner(), "binary")
    assert linear.metric == "validation:objective_loss"
    clusters = tuned({"epochs": Integer(1, 5)}, BuiltInAlgorithm.kmeans(k=3), "cluster")
    assert (clusters.metric, clusters.direction) == ("test:msd", "Minimize")


def test_hyperband_divides_the_rounds() -> None:
    assert tuned({"eta": Continuous(0.1, 0.5)}, strategy="Hyperband").max_resource == 20
    with pytest.raises(ValueError, match="max_resource=None: say how many epochs"):
        tuned({"num_round": Integer(10, 50)}, strategy="Hyperband")


@pytest.mark.parametrize(
    ("ranges", "options", "message"),
    [
        ({"max_dept": Integer(2, 8)}, {}, "no such hyperparameter of xgboost; did you mean 'max_depth'?"),
        ({"objective": Categorical(("a", "b"))}, {}, "cannot be tuned; xgboost takes ranges of alpha"),
        ({"max_depth": Continuous(2, 8)}, {}, "the algorithm takes Integer for it"),
        ({"max_depth": Integer(-2, 8)}, {}, "give a whole number from 0"),
        ({"eta": Continuous(0.5, 1.5)}, {}, "give a number from 0 to 1"),
        ({"eta": Categorical((0.5, 7))}, {}, "give a number from 0 to 1"),
        ({"eta": Continuous(0, 1), "learning_rate": Continuous(0, 1)}, {}, "is another name of 'eta'"),
        ({"eta": Continuous(0, 1)}, {"metric": "validation:auc"}, "give 'validation:mlogloss'"),
        ({"eta": Continuous(0, 1)}, {"metric": "auc"}, "no such objective metric of xgboost"),
        ({"eta": Continuous(0, 1)}, {"direction": "Maximize"}, "has another; leave it out"),
        ({"eta": Continuous(0, 1)}, {"regex": "x=(.*)"}, "has another; leave it out"),
        (
            {"eta": Continuous(0, 1)},
            {"compute": Compute(keep_alive=timedelta(hours=1))},
            "keeps its instances itself",
        ),
        (
            {"eta": Continuous(0, 1)},
            {"compute": Compute(spot=Spot(max_wait=timedelta(hours=4)))},
            "would share one folder of checkpoints",
        ),
        (
            {"lambda": Continuous(0.1, 8)},
            {"algorithm": BuiltInAlgorithm.xgboost(objective="multi:softprob", num_round=9, reg_lambda=3)},
            "the algorithm is given lambda=3, too",
        ),
        ({"depth": Integer(2, 8)}, {"algorithm": OWN, **OWN_METRIC}, "the algorithm is given depth=3, too"),
        ({"width": Integer(2, 8)}, {"algorithm": OWN}, "is not known of a container of your own"),
        (
            {"mini_batch_size": Integer(0, 8)},
            {"algorithm": BuiltInAlgorithm.kmeans(k=3), "task": "cluster"},
            "mini_batch_size",
        ),
    ],
)
def test_what_the_algorithm_cannot_search_is_refused(
    ranges: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match="=") as error:
        tuned(ranges, **options)
    assert message in str(error.value)


def test_a_container_of_ones_own_says_where_its_metric_is() -> None:
    tuning = tuned({"width": Integer(2, 8)}, OWN, "binary", **OWN_METRIC)
    assert (tuning.metric, tuning.static(OWN)) == ("loss", {"depth": "3"})
