import json
from typing import Any

import pytest

from mdlc_local.errors import ApiError
from mdlc_local.sagemaker.registry.model_cards import check_content, merged, metadata_only, problems

METRIC = {"name": "auc", "type": "number", "value": 0.7, "notes": "95% interval"}


def evaluation(*metrics: Any, **more: Any) -> dict[str, Any]:
    groups = [{"name": "holdout", "metric_data": list(metrics)}]
    return {"evaluation_details": [{"name": "holdout", "metric_groups": groups, **more}]}


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"intended_uses": {"risk_rating": "Low"}},
        {"model_overview": {"model_artifact": ["s3://b/model.tar.gz"]}},
        evaluation(METRIC, metadata={"rows": "5"}),
        evaluation({**METRIC, "type": "linear_graph", "value": [[0, 0.1], [1, 0.9]]}),
        evaluation({**METRIC, "type": "bar_chart", "value": [1, 2], "x_axis_name": ["a", "b"]}),
        evaluation({**METRIC, "type": "matrix", "value": [[1, 2], [3, 4]]}),
        {"additional_information": {"custom_details": {"run": "a"}}},
    ],
)
def test_a_card_by_the_schema_is_accepted(card: dict[str, Any]) -> None:
    check_content(json.dumps(card))


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ([], "$ is no object"),
        ({"model_package_details": {}}, "$.model_package_details is unknown"),
        ({"model_overview": {"model_name": "m"}}, "$.model_overview.model_name is unknown"),
        ({"model_overview": {"model_artifact": "s3://b"}}, "$.model_overview.model_artifact is no array"),
        ({"intended_uses": {"risk_rating": "low"}}, "not one of High, Medium, Low, Unknown"),
        (evaluation({"name": "auc", "type": "number"}), "metric_data[0] is none of what it may be"),
        (evaluation({**METRIC, "value": "x" * 64}), "metric_data[0] is none of what it may be"),
        (evaluation({**METRIC, "value": [[1, 2, 3]], "type": "linear_graph"}), "is none of what it may be"),
        ({"evaluation_details": [{}]}, "$.evaluation_details[0].name is missing"),
        (evaluation(metadata={"rows": 5}), "metadata.rows is no string"),
        ({"additional_information": {"custom_details": {"a": "x" * 1025}}}, "has 1025 characters"),
        (
            {
                "training_details": {
                    "training_job_details": {"hyper_parameters": [{"name": "a", "value": ""}]}
                }
            },
            "has 0 characters",
        ),
        (
            {"training_details": {"training_job_details": {"training_datasets": ["s3://b"] * 16}}},
            "has 16 items",
        ),
    ],
)
def test_another_card_is_refused_with_the_place(card: Any, said: str) -> None:
    assert said in next(problems(card))
    with pytest.raises(ApiError, match="does not follow the schema"):
        check_content(json.dumps(card))


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ApiError, match="not valid JSON"):
        check_content("{")


def test_a_new_status_keeps_the_content_and_an_archived_content_stays() -> None:
    card = merged(None, {"ModelCardContent": "{}", "ModelCardStatus": "PendingReview"})
    card = merged(card, {"ModelCardStatus": "Archived"})
    assert card == {"ModelCardContent": "{}", "ModelCardStatus": "Archived"}
    with pytest.raises(ApiError, match="Archived state"):
        merged(card, {"ModelCardContent": "{}"})


@pytest.mark.parametrize(
    ("card", "kept"),
    [
        (
            {"intended_uses": {"risk_rating": "Low", "purpose_of_model": "p"}},
            {"intended_uses": {"risk_rating": "Low"}},
        ),
        (evaluation(METRIC), {}),
    ],
)
def test_metadata_alone_is_the_risk_rating_and_the_status(card: dict[str, Any], kept: dict[str, Any]) -> None:
    found = metadata_only({"ModelCardContent": json.dumps(card), "ModelCardStatus": "Draft"})
    assert (json.loads(found["ModelCardContent"]), found["ModelCardStatus"]) == (kept, "Draft")
    assert metadata_only({"ModelCardStatus": "Draft"}) == {"ModelCardStatus": "Draft"}
