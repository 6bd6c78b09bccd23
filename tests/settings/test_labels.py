from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.labels import Labels
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.job_plan import Join

URI = "s3://bucket/late/"
DATASET = Dataset.csv(
    "s3://bucket/raw/", label="late", timestamp="at", row_key=("id",), columns={"x": "number"}
)


def test_the_plan_section_is_plain_json() -> None:
    assert encode(Labels(uri=URI).to_plan(DATASET)) == {
        "uri": URI,
        "by": "row_key",
        "format": "csv",
        "delay_seconds": 86400,
        "within_seconds": 604800,
        "complete": 0.95,
    }


def test_the_format_is_the_datasets_unless_given_and_lines_by_inference_id() -> None:
    assert Labels(uri=URI, format="parquet").to_plan(DATASET).format == "parquet"
    assert Labels(uri=URI, by="inference_id").to_plan(DATASET).format == "jsonlines"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"uri": "late/"}, "uri='late/'"),
        ({"by": "inference"}, "did you mean 'inference_id'"),
        ({"within": timedelta(hours=1)}, "ends before labels usually come"),
        ({"within": timedelta(days=4000)}, "within="),
        ({"delay": timedelta(seconds=-1)}, "delay="),
        ({"least_coverage": 0}, "least_coverage=0"),
        ({"complete": 1.5}, "complete=1.5"),
        ({"format": "xml"}, "no such format"),
        ({"format": "csv", "by": "inference_id"}, "JSON lines; leave it out"),
    ],
)
def test_labels_that_could_not_be_joined_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Labels(**{"uri": URI, **changes})


def test_a_join_by_entity_needs_one() -> None:
    with pytest.raises(ValueError, match=r"dataset\.entity is None"):
        Labels(uri=URI, by="entity_and_time").check_dataset(DATASET)


@pytest.mark.parametrize(
    ("by", "said"), [("row_key", "has no row_key"), ("entity_and_time", "timestamp is None")]
)
def test_rows_without_ids_and_time_are_joined_by_inference_id(by: Join, said: str) -> None:
    plain = Dataset.csv("s3://some-bucket/a/", label="y", entity="who", columns={"x": "number"})
    with pytest.raises(ValueError, match=rf"{said}.*; name it, or join by inference_id"):
        Labels(uri=URI, by=by).check_dataset(plain)
    Labels(uri=URI, by="inference_id").check_dataset(plain)
