import json
from dataclasses import replace
from typing import Any

import pytest

from jobs.errors import PlanError
from jobs.plan import parse_plan, read_plan
from mdlc_constructs.settings import Dataset, Evaluation, Gate, QualityRules, Split
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.job_plan import DataSection, JobPlan
from mdlc_constructs.settings.payloads.moments import Interval
from tests.jobs.batches import Batch


def test_a_plan_is_read_from_a_file_or_its_folder(filled: Batch) -> None:
    path = filled.folder / "plan.json"
    path.write_text(json.dumps(filled.document()))
    assert read_plan(path) == read_plan(filled.folder) == filled.plan()


def test_the_settings_write_what_the_jobs_read() -> None:
    dataset = Dataset.csv(
        "s3://some-bucket/x/",
        label="y",
        timestamp="at",
        row_key=("id",),
        columns={"a": "number", "later": "number"},
        known_after=("later",),
        calendar=("hour",),
    )
    written = JobPlan(
        workflow="training",
        model="m",
        run="r",
        dataset=replace(dataset.to_plan(), uri=dataset.uri),
        data=DataSection(version="v", files=()),
        quality=QualityRules().to_plan(),
        split=Split.by_fraction().to_plan(),
        gate=Gate(at_least={"auc": 0.6}).to_plan(),
        evaluation=Evaluation().to_plan(),
    )
    plan = parse_plan(json.loads(json.dumps(encode(written))))
    assert plan.payload == written
    assert plan.dataset.features == ("a",)
    assert plan.dataset.calendar == ("hour",)
    assert plan.split.fractions == {"train": 0.7, "validation": 0.1, "holdout": 0.2}
    assert plan.gate.at_least == {"auc": 0.6}


def test_a_job_never_reads_what_is_known_afterwards(filled: Batch) -> None:
    dataset = filled.plan().dataset
    assert "after" not in dataset.needed(label=True)
    assert "y" not in dataset.needed(label=False)


def test_the_requested_span_is_the_splits_or_the_window(filled: Batch) -> None:
    assert filled.plan().requested == Interval(start=None, end=None)
    window = {"start": "2024-01-05", "end": None}
    split = {"fractions": {"train": 0.7, "validation": 0.1, "holdout": 0.2}, "window": window}
    assert filled.plan(split=split).requested == Interval(start="2024-01-05")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema_version": 2}, "schema_version=2"),
        ({"workflow": "bach"}, "workflow is 'bach'"),
        ({"model": None}, "model is None"),
        ({"dataset": {"label": None}}, "dataset.label=None"),
        ({"dataset": {"timestamp": None}}, "dataset.timestamp=None"),
        ({"dataset": {"timestamp": None, "calendar": []}}, "cannot be divided by time"),
        ({"split": {"column": {"name": "part", "values": {}}}}, "no column 'part'"),
        ({"dataset": {"features": ["amount", "after"]}}, "'after' is known only after"),
        ({"dataset": {"features": ["y"]}}, "'y' is known only after"),
        ({"dataset": {"features": ["amont"]}}, "'amont' is missing"),
        ({"dataset": {"columns": {"\x01label": "number"}}}, "'\\x01label' holds a control character"),
        ({"split": {"intervals": {"train": {}}}}, "'validation' is missing"),
        (
            {"data": {"files": [{"name": "../x", "size": 1, "checksum": {"algorithm": "A", "value": "b"}}]}},
            "../x",
        ),
    ],
)
def test_a_plan_that_says_something_impossible_is_refused(
    filled: Batch, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(PlanError) as error:
        filled.plan(**changes)
    assert said in str(error.value)


def test_a_missing_or_broken_plan_file_is_named(filled: Batch) -> None:
    path = filled.folder / "plan.json"
    with pytest.raises(PlanError, match="--plan"):
        read_plan(path)
    path.write_text("{")
    with pytest.raises(PlanError, match="is not JSON"):
        read_plan(path)
    path.write_text("[]")
    with pytest.raises(PlanError, match="no JSON object"):
        read_plan(path)
