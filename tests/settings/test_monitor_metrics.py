import math
from typing import Any

import pytest

from mdlc_constructs.settings.monitor_metrics import (
    MAX_DIMENSION_VALUE,
    METRICS,
    by_name,
    dimension_value,
    value_of,
)


@pytest.mark.parametrize(
    ("name", "summary", "value"),
    [
        ("Rows", {"rows": 7}, 7),
        ("Rows", {}, None),
        ("Rows", {"rows": None}, None),
        ("Rows", {"rows": True}, None),
        ("Drifted", {"drifted": False}, 0),
        ("DriftedColumns", {"columns": ["a", "b"]}, 2),
        ("DriftedColumns", {"columns": None}, None),
        ("JointAuc", {"joint": None}, None),
        ("JointAuc", {"joint": {"auc": math.nan}}, None),
        ("LabelDelay", {"accuracy": {"delay_seconds": None}}, None),
        ("EstimateError", {"estimate": {"error": {"auc": -0.2, "brier": 0.1, "f1": None}}}, 0.2),
        ("EstimateError", {"estimate": {"error": {}}}, None),
        ("EstimateError", {"estimate": {"error": None}}, None),
        ("LargestEffect", {"drift": {"columns": {"a": {"effect": 1, "threshold": 4}, "b": None}}}, 0.25),
        ("LargestEffect", {"drift": {"columns": {"a": {"effect": 1, "threshold": 0}}}}, None),
        ("PredictionEffect", {"drift": {"prediction": {"effect": 3, "threshold": 2}}}, 1.5),
    ],
)
def test_a_number_is_read_where_the_table_says(
    name: str, summary: dict[str, Any], value: float | None
) -> None:
    assert value_of(by_name(name), summary) == value


def test_names_are_unique_and_every_row_says_what_it_means() -> None:
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    assert all(metric.meaning and metric.widget for metric in METRICS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auc", "auc"),
        ("ndcg@10", "ndcg@10"),
        ("recall:a b/c", "recall:a b/c"),
        ("recall:größe", "recall:gr%C3%B6%C3%9Fe"),
        ("recall:50%", "recall:50%25"),
        ("recall:a\tb", "recall:a%09b"),
    ],
)
def test_a_dimensions_value_is_printable_ascii(name: str, value: str) -> None:
    assert dimension_value(name) == value


def test_long_names_of_classes_stay_apart() -> None:
    one, other = (dimension_value("recall:" + "ä" * 500 + last) for last in "ab")
    assert one != other and len(one) == len(other) == MAX_DIMENSION_VALUE
