from typing import Any

import pytest

from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.evaluation import Evaluation
from mdlc_constructs.settings.payloads.codec import encode


def test_the_plan_section_is_plain_json() -> None:
    assert encode(Evaluation(threshold=0.3).to_plan()) == {"threshold": 0.3, "bootstrap": 200, "seed": 1}


def test_importance_is_a_section_of_its_own_or_none() -> None:
    section = Evaluation(seed=4, importance_rows=500).importance()
    assert section is not None and encode(section) == {"rows": 500, "seed": 4}
    assert Evaluation(importance_rows=0).importance() is None


@pytest.mark.parametrize(
    "changes",
    [
        *({"threshold": "0.3"}, {"threshold": None}, {"seed": True}),
        *({"threshold": 0}, {"threshold": 1.0}, {"bootstrap": 10}, {"bootstrap": 10**6}, {"seed": -1}),
        *({"importance_rows": -1}, {"importance_rows": 10**7}, {"importance_rows": True}),
    ],
)
def test_what_cannot_be_evaluated_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        Evaluation(**changes)


def test_weights_are_of_a_column() -> None:
    assert encode(Evaluation(weighted=True).to_plan())["weighted"] is True
    dataset = Dataset.csv("s3://some-bucket/a/", label="y", columns={"x": "number"}, class_weights={"1": 2.0})
    with pytest.raises(ValueError, match="weighted=True: the dataset names no weight column"):
        Evaluation(weighted=True).check_dataset(dataset)
    Evaluation().check_dataset(dataset)


def test_a_threshold_is_of_two_classes() -> None:
    number = Dataset.csv("s3://some-bucket/a/", label="y", columns={"x": "number"}, task="regression")
    with pytest.raises(ValueError, match=r"threshold=0\.3: divides the scores of a binary task and"):
        Evaluation(threshold=0.3).check_dataset(number)
    Evaluation(threshold=0.5).check_dataset(number)
