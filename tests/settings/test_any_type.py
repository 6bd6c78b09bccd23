"""Values of another type than an argument takes: each is refused in a sentence, or taken."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from typing import Any

import pytest

from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.evaluation import Evaluation
from mdlc_constructs.settings.forecast import Forecast
from mdlc_constructs.settings.gate import Gate
from mdlc_constructs.settings.outliers import Outliers
from mdlc_constructs.settings.quality_rules import QualityRules
from mdlc_constructs.settings.split import Split

VALUES: tuple[Any, ...] = (
    *(None, 3, -1, 0.5, float("nan"), float("inf"), 10**400, True, "x", "", b"x", object(), date(2024, 1, 1)),
    *(["x"], [["x"]], set(), {"x"}, (1, 2), (None,), ("a", ["b"])),
    *({"x": 1}, {1: 2}, {None: "a"}, {"x": None}, {"x": ["y"]}, {"x": "y"}, {"x": (None, "a")}, {"x": (1,)}),
    *({"x": float("nan")}, {"auc": [1]}),
)
DATA: dict[str, Any] = {
    "uri": "s3://some-bucket/a/",
    "label": "y",
    "columns": {"x": "number", "e": "text"},
}
PLACES = {"train": "a/", "validation": "b/", "holdout": "c/"}
TIMES = {"validation_from": date(2024, 1, 1), "holdout_from": date(2024, 2, 1)}


@pytest.mark.parametrize(
    ("make", "given", "arguments"),
    [
        (
            Dataset.csv,
            DATA,
            "uri label timestamp columns row_key entity known_after features calendar task positive classes "
            "class_weights weight group forecast accepted_leaks delimiter timestamp_format",
        ),
        (
            Dataset.csv,
            {**DATA, "task": "multiclass", "classes": ("a", "b", "c")},
            "classes class_weights positive",
        ),
        (Dataset.csv, {**DATA, "task": "ranking", "group": "e"}, "group weight"),
        (
            Forecast,
            {"horizon": 3, "frequency": "D"},
            "horizon frequency known quantiles origins season",
        ),
        (Gate, {}, "at_least at_most better_than_champion margin confidence"),
        (Evaluation, {}, "threshold bootstrap seed importance_rows weighted"),
        (Outliers, {"robust_z": 3}, "robust_z share"),
        (Outliers, {"quantile": 0.001}, "quantile share"),
        (
            QualityRules,
            {},
            "minimum_rows maximum_missing_share missing_share unique_key ranges accepted_values "
            "minimum_class_share leak_auc outliers",
        ),
        (Split.random, {}, "validation holdout seed stratify group"),
        (Split.by_column, {"column": "part"}, "column train validation holdout group"),
        (Split.by_prefix, PLACES, "train validation holdout group"),
        (Split.by_fraction, {}, "validation holdout gap group"),
        (Split.by_time, TIMES, "validation_from holdout_from train_from holdout_to gap group"),
    ],
)
def test_a_value_of_another_type_is_refused_or_taken(
    make: Callable[..., Any], given: Mapping[str, Any], arguments: str
) -> None:
    for argument in arguments.split():
        for value in VALUES:
            with suppress(ValueError):
                make(**{**given, argument: value}).to_plan()
