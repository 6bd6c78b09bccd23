"""Sections of `plan.json` as the settings of a workflow hold them."""

from datetime import date
from typing import Any

from mdlc_constructs.settings import Dataset, Evaluation, Gate, QualityRules, Split
from mdlc_constructs.settings.payloads.codec import encode

_DATASET = Dataset.csv(
    "s3://bucket/raw/", label="y", timestamp="t", row_key=("id",), columns={"a": "number", "b": "category"}
)
DATASET: dict[str, Any] = {**encode(_DATASET.to_plan()), "uri": "s3://b/raw/"}
QUALITY: dict[str, Any] = encode(
    QualityRules(minimum_rows=1, ranges={"a": (0, 1)}, accepted_values={"b": ("x",)}).to_plan()
)
SPLIT: dict[str, Any] = encode(
    Split.by_time(validation_from=date(2013, 9, 1), holdout_from=date(2013, 10, 1)).to_plan()
)
GATE: dict[str, Any] = encode(Gate(at_least={"auc": 0.6}).to_plan())
EVALUATION: dict[str, Any] = encode(Evaluation().to_plan())
