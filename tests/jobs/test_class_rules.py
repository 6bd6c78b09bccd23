from typing import Any

import pytest

from jobs.class_rules import told_shares
from jobs.commands import quality
from tests.jobs.batches import DATASET, Batch, rows

CLASSES: dict[str, Any] = {
    "columns": {**DATASET["columns"], "y": "integer"},
    "task": "multiclass",
    "classes": ["1", "2", "3"],
}


def findings(batch: Batch, labels: list[str], **rules: Any) -> list[str]:
    made = rows(300)
    for number, row in enumerate(made):
        row["y"] = labels[number % len(labels)]
    batch.write("one.csv", made)
    plan = batch.plan(dataset=CLASSES, quality={"leak_auc": 1.1, **rules})
    verdict = quality.run(plan, batch.folders())
    return list(verdict.reasons)


@pytest.mark.parametrize("labels", [["1", "2", "3"], ["1", "2.0", "3", ""]])
def test_classes_of_any_spelling_pass(batch: Batch, labels: list[str]) -> None:
    assert findings(batch, labels) == []


def test_a_value_that_is_no_class_is_refused(batch: Batch) -> None:
    assert findings(batch, ["1", "2", "3", "4", "1"]) == [
        "The label 'y' is '4' in 60 rows, which are no classes: add them to dataset.classes, or correct the "
        "rows."
    ]


def test_one_class_only_is_refused(batch: Batch) -> None:
    (reason,) = findings(batch, ["2"])
    assert reason.startswith("The label 'y' has only ") and reason.endswith("nothing can be learned.")


def test_a_class_that_is_too_rare_is_refused(batch: Batch) -> None:
    assert findings(batch, ["1", "2"] * 49 + ["1", "3"], minimum_class_share=0.02) == [
        "The class '3' of 'y' has 1.000% of the rows, asked are 2.000%."
    ]


def test_shares_have_as_many_digits_as_tell_them_apart() -> None:
    assert told_shares(0.01, 0.02) == "1.000% of the rows, asked are 2.000%"
    assert told_shares(0.00099999, 0.001) == "0.099999% of the rows, asked are 0.100000%"
