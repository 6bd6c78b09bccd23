from typing import Any

import pytest

from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.outliers import Outliers
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.quality_rules import QualityRules

DATASET = Dataset.csv(
    "s3://some-bucket/x/",
    label="y",
    timestamp="at",
    row_key=("id",),
    columns={"a": "number", "b": "category"},
)


def test_the_plan_section_is_plain_json() -> None:
    rules = QualityRules(ranges={"a": (0, None)}, accepted_values={"b": ("x", "y")}, missing_share={"a": 0.5})
    plan = encode(rules.to_plan())
    assert plan["ranges"] == {"a": [0, None]}
    assert plan["accepted_values"] == {"b": ["x", "y"]}
    assert set(plan) == {
        "minimum_rows",
        "maximum_missing_share",
        "missing_share",
        "unique_key",
        "ranges",
        "accepted_values",
        "minimum_class_share",
        "leak_auc",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"minimum_rows": 0},
        {"maximum_missing_share": 1.5},
        {"missing_share": {"a": -0.1}},
        {"minimum_class_share": 0.5},
        {"leak_auc": 0.5},
        {"ranges": {"a": (2, 1)}},
        {"ranges": {"a": (1,)}},
        {"accepted_values": {"b": "xy"}},
        {"accepted_values": {"b": ()}},
        {"outliers": {"a": 8}},
        {"outliers": [8]},
        {"missing_share": ["a"]},
        {"ranges": None},
        {"ranges": {"a": 3}},
        {"ranges": {"a": ("0", "1")}},
        {"accepted_values": {"b": 3}},
        {"minimum_class_share": "0.1"},
        {"leak_auc": "0.9"},
        {"minimum_rows": True},
    ],
)
def test_rules_that_cannot_be_meant_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        QualityRules(**changes)


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"ranges": {"aa": (0, 1)}}, "did you mean 'a'"),
        ({"missing_share": {"zzz": 0.1}}, "choose one of"),
        ({"ranges": {"b": (0, 1)}}, "ranges are for numbers"),
        ({"outliers": {"b": Outliers(robust_z=8)}}, "outliers are for numbers"),
        ({"outliers": {"aa": Outliers(robust_z=8)}}, "did you mean 'a'"),
    ],
)
def test_rules_are_about_columns_that_exist(changes: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValueError, match="=") as error:
        QualityRules(**changes).check_columns(DATASET)
    assert remedy in str(error.value)


def test_a_set_of_accepted_values_is_the_same_in_each_process() -> None:
    texts = {"b", "a", "d", "c"}
    assert QualityRules(accepted_values={"b": texts}).to_plan().accepted_values == {"b": ("a", "b", "c", "d")}


def test_the_usual_share_of_the_rarest_class_follows_the_number_of_classes() -> None:
    shares = [QualityRules().to_plan(classes=classes).minimum_class_share for classes in (0, 2, 100, 1000)]
    assert shares == [0.001, 0.001, 0.001, 0.0001]
    assert QualityRules(minimum_class_share=0.01).to_plan(classes=1000).minimum_class_share == 0.01
