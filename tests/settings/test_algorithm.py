import pytest

from mdlc_constructs.settings.algorithm import BuiltInAlgorithm, CustomImage


def test_xgboost_is_an_image_and_text_hyperparameters() -> None:
    made = BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=200, max_depth=6)
    assert made.hyperparameters == {"objective": "binary:logistic", "num_round": "200", "max_depth": "6"}
    assert made.image_uri("us-east-1").endswith("/sagemaker-xgboost:3.0-5")
    assert made.task == "binary"


def test_the_objective_tells_the_task() -> None:
    assert BuiltInAlgorithm.xgboost(objective="reg:squarederror", num_round=1).task == "regression"
    assert BuiltInAlgorithm.xgboost(objective="rank:ndcg", num_round=1).task is None


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match="no such version of sagemaker-xgboost"):
        BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=1, version="9")


def test_a_custom_image_renders_its_hyperparameters() -> None:
    made = CustomImage(
        image_uri="111111111111.dkr.ecr.us-east-1.amazonaws.com/own:1", hyperparameters={"a": 1, "b": False}
    )
    assert made.hyperparameters == {"a": "1", "b": "false"}
    assert made.task is None


@pytest.mark.parametrize("uri", ["own", "own:1", "registry/own"])
def test_an_image_without_registry_or_tag_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="image_uri="):
        CustomImage(image_uri=uri)


def test_a_token_may_stand_for_an_image() -> None:
    assert CustomImage(image_uri="${Token[TOKEN.1]}").image_uri == "${Token[TOKEN.1]}"
