from pathlib import Path
from typing import Any

import pytest

from mdlc_constructs.settings.algorithms.built_in import BuiltInAlgorithm
from mdlc_constructs.settings.algorithms.container import CustomContainer
from mdlc_constructs.settings.algorithms.custom_image import CustomImage
from mdlc_constructs.settings.algorithms.marketplace import MarketplaceAlgorithm
from mdlc_constructs.settings.dataset import Dataset


def dataset(*classes: str, weight: str | None = None) -> Dataset:
    columns = {"x": "number", **({weight: "number"} if weight else {})}
    task = "multiclass" if classes else "binary"
    return Dataset.csv(
        "s3://data/raw/", task=task, label="y", columns=columns, classes=classes, weight=weight
    )


def test_xgboost_is_an_image_and_text_hyperparameters() -> None:
    made = BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=200, max_depth=6)
    assert made.hyperparameters == {"objective": "binary:logistic", "num_round": "200", "max_depth": "6"}
    assert made.image_uri("us-east-1").endswith("/sagemaker-xgboost:3.0-5")
    assert made.tasks == ("binary",)


def test_the_objective_tells_the_task() -> None:
    assert BuiltInAlgorithm.xgboost(objective="reg:squarederror", num_round=1).tasks == ("regression",)
    assert BuiltInAlgorithm.xgboost(objective="rank:ndcg", num_round=1).tasks == ("ranking",)


@pytest.mark.parametrize(
    ("objective", "others", "task"),
    [
        ("binary:logistic", {}, "binary"),
        ("binary:hinge", {}, "binary"),
        ("reg:logistic", {}, "binary"),
        ("reg:logistic", {}, "regression"),
        ("reg:absoluteerror", {}, "regression"),
        ("count:poisson", {}, "regression"),
    ],
)
def test_an_objective_suits_the_tasks_whose_question_it_answers(
    objective: str, others: dict[str, Any], task: str
) -> None:
    BuiltInAlgorithm.xgboost(objective=objective, num_round=1, **others).check_task(task)


@pytest.mark.parametrize(
    ("objective", "others", "task", "said"),
    [
        (
            "multi:softprob",
            {"num_class": 2},
            "binary",
            "objective='multi:softprob': answers a multiclass task and dataset.task is 'binary': give an "
            "objective of that task, such as 'binary:logistic', or declare the dataset's task.",
        ),
        (
            "rank:ndcg",
            {},
            "regression",
            "objective='rank:ndcg': answers a ranking task and dataset.task is 'regression': give an "
            "objective of that task, such as 'reg:squarederror', or declare the dataset's task.",
        ),
        (
            "multi:softmax",
            {},
            "multiclass",
            "objective='multi:softmax': answers the number of the class, and a multiclass task is judged by "
            "probabilities: give 'multi:softprob'.",
        ),
        (
            "reg:squarederror",
            {},
            "forecast",
            "algorithm='xgboost': trains no model that predicts quantiles of the next values of each series "
            "(task 'forecast'); give BuiltInAlgorithm.forecasting_deepar(...) or CustomImage(...).",
        ),
        (
            "binary:logitraw",
            {},
            "binary",
            "objective='binary:logitraw': answers log odds, and a binary task is judged by probabilities: "
            "give 'binary:logistic'.",
        ),
    ],
)
def test_an_objective_of_another_task_is_refused(
    objective: str, others: dict[str, Any], task: str, said: str
) -> None:
    with pytest.raises(ValueError, match="=") as error:
        BuiltInAlgorithm.xgboost(objective=objective, num_round=1, **others).check_task(task)
    assert str(error.value) == said


def test_the_number_of_classes_is_that_of_the_dataset() -> None:
    made = BuiltInAlgorithm.xgboost(objective="multi:softprob", num_round=1)
    made.check_task("multiclass")
    assert made.for_dataset(dataset("a", "b", "c")).hyperparameters["num_class"] == "3"
    explicit = BuiltInAlgorithm.xgboost(objective="multi:softprob", num_round=1, num_class=3)
    assert explicit.for_dataset(dataset("a", "b", "c")).hyperparameters == explicit.hyperparameters
    with pytest.raises(ValueError, match=r"num_class=3: dataset\.classes has 4: leave num_class out"):
        explicit.for_dataset(dataset("a", "b", "c", "d"))
    binary = BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=1)
    assert binary.for_dataset(dataset()) is binary


def test_another_librarys_name_of_num_round_is_known() -> None:
    with pytest.raises(ValueError, match="no such XGBoost hyperparameter; did you mean 'num_round'"):
        BuiltInAlgorithm.xgboost(objective="binary:logistic", n_estimators=200)  # type: ignore[call-arg]
    with pytest.raises(
        ValueError,
        match="num_round=None: is required, the number of boosting rounds: give",
    ):
        BuiltInAlgorithm.xgboost(objective="binary:logistic")  # type: ignore[call-arg]


def test_a_hyperparameter_longer_than_sagemaker_takes_is_refused() -> None:
    image = "111111111111.dkr.ecr.us-east-1.amazonaws.com/own:1"
    assert CustomImage(image_uri=image, hyperparameters={"columns": "x" * 2500})
    with pytest.raises(ValueError, match=r"\['columns'\] has 2501 characters and SageMaker takes 2500"):
        CustomImage(image_uri=image, hyperparameters={"columns": "x" * 2501})


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match="no such version of sagemaker-xgboost"):
        BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=1, version="9")


def test_a_custom_image_renders_its_hyperparameters() -> None:
    made = CustomImage(
        image_uri="111111111111.dkr.ecr.us-east-1.amazonaws.com/own:1", hyperparameters={"a": 1, "b": False}
    )
    assert made.hyperparameters == {"a": "1", "b": "false"}
    made.check_task("binary")


@pytest.mark.parametrize("uri", ["own", "own:1", "registry/own"])
def test_an_image_without_registry_or_tag_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="image_uri="):
        CustomImage(image_uri=uri)


def test_a_token_may_stand_for_an_image() -> None:
    assert CustomImage(image_uri="${Token[TOKEN.1]}").image_uri == "${Token[TOKEN.1]}"


def test_weights_are_the_second_column_of_its_records() -> None:
    made = BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=2)
    assert made.for_dataset(dataset()) is made
    weighted = made.for_dataset(dataset(weight="w"))
    assert weighted.hyperparameters == {**made.hyperparameters, "csv_weights": "1"}
    assert weighted.for_dataset(dataset(weight="w")) == weighted
    custom = CustomImage(image_uri="1.dkr.ecr.us-east-1.amazonaws.com/a@sha256:b")
    assert custom.for_dataset(dataset(weight="w")) is custom


@pytest.mark.parametrize(
    ("csv_weights", "weighted", "said"),
    [(0, True, "the dataset has weights"), (1, False, "the dataset has no weights")],
)
def test_weights_that_the_dataset_has_otherwise_are_refused(
    csv_weights: int, weighted: bool, said: str
) -> None:
    made = BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=2, csv_weights=csv_weights)
    with pytest.raises(ValueError, match=f"csv_weights='{csv_weights}': {said}"):
        made.for_dataset(dataset(weight="w" if weighted else None))


@pytest.mark.parametrize("hyperparameters", [[1], "a", {1: 2}])
def test_hyperparameters_of_every_kind_are_values_by_name(hyperparameters: Any, tmp_path: Path) -> None:
    image = "111111111111.dkr.ecr.us-east-1.amazonaws.com/own:1"
    arn = "arn:aws:sagemaker:eu-central-1:222222222222:algorithm/seller-trees-1"
    for make in (
        lambda: CustomImage(image_uri=image, hyperparameters=hyperparameters),
        lambda: MarketplaceAlgorithm(algorithm_arn=arn, hyperparameters=hyperparameters),
        lambda: CustomContainer.python(str(tmp_path), hyperparameters=hyperparameters),
    ):
        with pytest.raises(ValueError, match=r"hyperparameters=.*: (give|the name)"):
            make()
