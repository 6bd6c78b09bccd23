import json
from collections.abc import Callable

import pytest

from mdlc_constructs.settings.algorithms.built_in import BuiltInAlgorithm as Built
from mdlc_constructs.settings.algorithms.table import algorithm_facts, algorithm_names
from tests.settings.algorithms.datasets import dataset
from tests.settings.algorithms.minimal import MINIMAL


@pytest.mark.parametrize(
    ("name", "task", "texts"),
    [
        ("kmeans", "cluster", {"k": "4", "feature_dim": "3"}),
        ("pca", "embedding", {"num_components": "2", "feature_dim": "3", "mini_batch_size": "500"}),
        ("lda", "embedding", {"feature_dim": "3", "mini_batch_size": "100"}),
        ("ntm", "embedding", {"feature_dim": "3"}),
        ("randomcutforest", "anomaly", {"feature_dim": "3"}),
        ("knn", "regression", {"feature_dim": "3", "predictor_type": "regressor"}),
        ("knn", "multiclass", {"feature_dim": "3", "predictor_type": "classifier"}),
        ("factorization-machines", "binary", {"feature_dim": "3", "predictor_type": "binary_classifier"}),
        ("linear-learner", "binary", {"predictor_type": "binary_classifier", "feature_dim": "3"}),
        ("linear-learner", "multiclass", {"predictor_type": "multiclass_classifier", "num_classes": "3"}),
        ("linear-learner", "regression", {"predictor_type": "regressor"}),
        (
            "forecasting-deepar",
            "forecast",
            {"prediction_length": "6", "context_length": "6", "time_freq": "M", "epochs": "5"},
        ),
        ("lightgbm", "binary", {}),
        ("xgboost", "binary", {"objective": "binary:logistic"}),
    ],
)
def test_what_follows_from_the_dataset_is_set(name: str, task: str, texts: dict[str, str]) -> None:
    algorithm = MINIMAL[name]()
    algorithm.check_task(task)
    completed = algorithm.for_dataset(dataset(task))
    assert texts.items() <= completed.texts.items()
    assert "num_classes" in completed.texts or task != "multiclass" or name != "linear-learner"
    assert completed.for_dataset(dataset(task)) == completed
    facts = algorithm_facts(name)
    required = {key for key, row in facts.hyperparameters.items() if row.required}
    assert required <= set(completed.texts), "a training job would lack what the algorithm requires"


@pytest.mark.parametrize(
    ("make", "task", "said"),
    [
        (
            lambda: Built.kmeans(k=2, feature_dim=9),
            "cluster",
            "feature_dim=9: the dataset has 3 features: leave feature_dim out, the workflow sets it.",
        ),
        (
            lambda: Built.linear_learner(predictor_type="regressor"),
            "binary",
            "predictor_type='regressor': dataset.task is 'binary', which is 'binary_classifier' for Linear "
            "Learner: leave predictor_type out, the workflow sets it.",
        ),
        (
            lambda: Built.linear_learner(num_classes=4),
            "multiclass",
            "num_classes=4: dataset.classes has 3: leave num_classes out, the workflow sets it.",
        ),
        (
            lambda: Built.linear_learner(f_beta=2, binary_classifier_model_selection_criteria="f_beta"),
            "regression",
            "binary_classifier_model_selection_criteria='f_beta': has an effect with "
            "predictor_type='binary_classifier' only, and predictor_type is 'regressor'",
        ),
        (lambda: Built.linear_learner(loss="hinge_loss"), "regression", "is no loss of a regressor"),
        (lambda: Built.pca(num_components=4), "embedding", "must be at most feature_dim, which is 3."),
        (
            lambda: Built.knn(
                k=1, sample_size=9, dimension_reduction_type="sign", dimension_reduction_target=3
            ),
            "binary",
            "dimension_reduction_target='3': must be below feature_dim, which is 3.",
        ),
        (
            lambda: Built.forecasting_deepar(epochs=2, prediction_length=9),
            "forecast",
            "prediction_length=9: dataset.forecast says 6: leave prediction_length out, the workflow",
        ),
        (
            lambda: Built.forecasting_deepar(epochs=2, time_freq="D"),
            "forecast",
            "time_freq='D': dataset.forecast says 'M'",
        ),
    ],
)
def test_a_hyperparameter_that_contradicts_the_dataset_is_refused(
    make: Callable[[], Built], task: str, said: str
) -> None:
    with pytest.raises(ValueError, match="=") as caught:
        make().for_dataset(dataset(task))
    assert said in str(caught.value)


def test_a_longer_context_than_the_horizon_is_the_users_choice() -> None:
    completed = Built.forecasting_deepar(epochs=2, context_length=12).for_dataset(dataset("forecast"))
    assert completed.texts["context_length"] == "12"


def test_deepar_is_told_the_quantiles_of_a_transform_job() -> None:
    completed = MINIMAL["forecasting-deepar"]().for_dataset(dataset("forecast"))
    config = json.loads(completed.environment["DEEPAR_INFERENCE_CONFIG"])
    assert config["quantiles"] == ["0.1", "0.5", "0.9"] and "quantiles" in config["output_types"]


@pytest.mark.parametrize("name", ["linear-learner", "knn", "lightgbm", "factorization-machines"])
def test_weights_that_an_algorithm_cannot_take_are_refused(name: str) -> None:
    weighted = dataset("binary", columns={"x": "number", "w": "number"}, weight="w")
    with pytest.raises(ValueError, match=f"algorithm='{name}': takes no weights of rows"):
        MINIMAL[name]().for_dataset(weighted)


@pytest.mark.parametrize("name", algorithm_names())
def test_what_an_algorithm_trains_is_in_the_table(name: str) -> None:
    facts = algorithm_facts(name)
    for task in facts.tasks:
        if name != "xgboost" or task == "binary":
            MINIMAL[name]().check_task(task)
    with pytest.raises(ValueError, match=rf"algorithm='{name}': ") as caught:
        MINIMAL[name]().check_task("cluster" if name != "kmeans" else "binary")
    text = str(caught.value)
    assert ("BuiltInAlgorithm." in text) if facts.tasks else text.endswith("give them as Channels(...).")
