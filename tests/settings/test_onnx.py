"""The export to ONNX: which models, and how near."""

from typing import Any

import pytest

from mdlc_constructs import BuiltInAlgorithm, CustomImage, Onnx


def test_exact_objectives_are_exported() -> None:
    Onnx().check_algorithm(BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=1))
    assert Onnx(tolerance=1e-4).to_plan().tolerance == 1e-4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"objective": "rank:ndcg"},
            "export='rank:ndcg': a model of this objective is not converted exactly",
        ),
        (
            {"objective": "reg:squarederror", "booster": "dart"},
            "export='dart': the converter supports booster",
        ),
    ],
)
def test_models_that_are_not_converted_exactly_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Onnx().check_algorithm(BuiltInAlgorithm.xgboost(num_round=1, **options))


def test_other_algorithms_are_refused() -> None:
    own = CustomImage(image_uri="111111111111.dkr.ecr.us-east-1.amazonaws.com/own:1")
    with pytest.raises(ValueError, match="exports models of XGBoost, not of CustomImage"):
        Onnx().check_algorithm(own)


@pytest.mark.parametrize("tolerance", [0, -1, 0.1, float("nan"), float("inf"), "1", True])
def test_a_tolerance_is_a_small_number(tolerance: Any) -> None:
    with pytest.raises(ValueError, match="tolerance="):
        Onnx(tolerance=tolerance)
