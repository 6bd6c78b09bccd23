from typing import Any

import pytest

from mdlc_constructs.settings.algorithms.xgboost import ALIASES, TABLE, rendered


def test_values_become_text() -> None:
    assert rendered({"eta": 0.1, "max_depth": 6, "save_model_on_termination": True}) == {
        "eta": "0.1",
        "max_depth": "6",
        "save_model_on_termination": "true",
    }


def test_other_names_become_the_images_own() -> None:
    assert rendered({"reg_lambda": 2, "learning_rate": 0.3}) == {"lambda": "2", "eta": "0.3"}
    assert set(ALIASES.values()) <= set(TABLE)


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ({"max_dept": 6}, "did you mean 'max_depth'"),
        ({"objective": "binary:logistics"}, "did you mean 'binary:logistic'"),
        ({"eta": 1.5}, "from 0 to 1"),
        ({"subsample": 0}, "above 0 to 1"),
        ({"max_depth": 2.5}, "whole number from 0"),
        ({"num_round": 0}, "whole number from 1"),
        ({"num_round": "many"}, "whole number"),
        ({"num_round": True}, "whole number"),
        ({"num_round": -1.88815458970875e289}, "plain number"),
        ({"eta": 0.1, "learning_rate": 0.2}, "another name of 'eta'"),
        ({"objective": "binary:logistic", "num_class": 2}, "num_class='2': is for the objectives multi:"),
        ({"n_estimators": 6}, "did you mean 'num_round'"),
        ({"num_leaves": 6}, "did you mean 'max_leaves'"),
        ({"lr": 6}, "did you mean 'eta'"),
        ({"random_state": 6}, "did you mean 'seed'"),
        ({"objective": "mse"}, "did you mean 'reg:squarederror'"),
        ({"objective": "logistic"}, "did you mean 'binary:logistic'"),
        ({"single_precision_histogram": True}, "version 3.0-5 of XGBoost's image refuses it; leave it out"),
        (
            {"monotone_constraints": "(1,0)"},
            "tree_method=None: monotone_constraints needs one of exact, hist",
        ),
        ({"interaction_constraints": "[[1,2]]", "tree_method": "auto"}, "exact, hist, approx"),
        ({"updater": "grow_histmaker,shrink"}, "updater='shrink': no such updater"),
        ({"objective": "binary:logistic", "eval_metric": "roc_auc"}, "did you mean 'auc'"),
        ({"objective": "binary:logistic", "eval_metric": "average_precision"}, "did you mean 'aucpr'"),
        ({"objective": "binary:logistic", "eval_metric": "auc, error"}, "did you mean 'error'"),
        ({"objective": "binary:logistic", "eval_metric": "auc@0.5"}, "only error, ndcg, map take a number"),
        ({"objective": "binary:logistic", "eval_metric": "error@half"}, "such as error@0.5"),
        (
            {"objective": "binary:logistic", "eval_metric": "mlogloss"},
            "eval_metric='mlogloss': is a metric of multiclass tasks, and objective 'binary:logistic' "
            "answers a binary task; choose one of accuracy, auc, aucpr, balanced_accuracy, error, f1,",
        ),
        ({"objective": "binary:logistic", "eval_metric": "mse"}, "is a metric of regression tasks"),
        ({"objective": "reg:squarederror", "eval_metric": "rmse,auc"}, "is a metric of binary and ranking"),
        ({"objective": "survival:cox", "eval_metric": "aft-nloglik"}, "is for objective 'survival:aft'"),
    ],
)
def test_what_the_image_would_refuse_after_minutes_is_refused_at_once(
    given: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(ValueError, match="=") as error:
        rendered(given)
    assert remedy in str(error.value)


@pytest.mark.parametrize(
    "given",
    [
        {"objective": "reg:absoluteerror"},
        {"objective": "reg:squarederror", "eval_metric": "rmse,mae,r2"},
        {"objective": "binary:logistic", "eval_metric": "auc,error@0.3,logloss,rmse"},
        {"objective": "multi:softprob", "num_class": 2, "eval_metric": "mlogloss"},
        {"objective": "survival:aft", "eval_metric": "aft-nloglik"},
        {"monotone_constraints": "(1,0)", "tree_method": "hist"},
        {"updater": "grow_histmaker,prune"},
        {"use_dask_gpu_training": True},
        {"eval_metric": "auc"},
        {"seed": 2**31 - 2},
    ],
)
def test_what_the_image_takes_is_taken(given: dict[str, Any]) -> None:
    assert set(rendered(given)) == set(given)


def test_versions_of_the_image_differ_in_what_they_take() -> None:
    assert rendered({"single_precision_histogram": True}, version="1.5-1") == {
        "single_precision_histogram": "true"
    }
    with pytest.raises(
        ValueError, match=r"version 1\.5-1 of XGBoost's image refuses it; choose another value"
    ):
        rendered({"objective": "reg:absoluteerror"}, version="1.5-1")


def test_a_text_longer_than_sagemaker_takes_is_refused() -> None:
    constraints = {"monotone_constraints": "0," * 1250, "tree_method": "hist"}
    assert rendered(constraints)
    with pytest.raises(ValueError, match=r"\['monotone_constraints'\] has 2501 characters"):
        rendered({**constraints, "monotone_constraints": "0," * 1250 + "0"})
