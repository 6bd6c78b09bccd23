import json
from dataclasses import fields

from mdlc_constructs.settings import Dataset, QualityRules
from mdlc_constructs.settings.payloads.codec import decode, encode
from mdlc_constructs.settings.payloads.job_plan import (
    SECTIONS_BY_JOB,
    DataSection,
    JobPlan,
    LabelJoin,
    MonitorRules,
    MonitorSection,
    PublishedBatch,
    Thresholds,
)
from mdlc_constructs.settings.payloads.moments import Interval

DATASET = Dataset.csv(
    "s3://bucket/rows/",
    label="late",
    timestamp="at",
    row_key=("id",),
    entity="plane",
    columns={"a": "number", "b": "category"},
    known_after=("b",),
).to_plan()


def test_jobs_read_sections_that_a_plan_has() -> None:
    assert {section for sections in SECTIONS_BY_JOB.values() for section in sections} <= {
        field.name for field in fields(JobPlan)
    }


def test_a_plan_comes_back_from_its_json() -> None:
    rules = MonitorRules(
        kind="batch",
        thresholds=Thresholds(shift=0.1),
        segments=("b",),
        protected=(),
        least_rows=5,
        joint=True,
        sample=0,
        threshold=0.5,
        bootstrap=50,
        seed=1,
    )
    window = Interval(start="2026-01-01T00:00:00Z", end="2026-01-02T00:00:00Z")
    batch = PublishedBatch(run="r", package_version=3, predicted_at="2026-01-01", parts=("p",), raw=())
    plan = JobPlan(
        workflow="monitoring",
        model="m",
        dataset=DATASET,
        data=DataSection(version="", files=()),
        quality=QualityRules(ranges={"a": (0, None)}).to_plan(),
        monitor=MonitorSection(
            rules=rules,
            id="w",
            window=window,
            captured=("p",),
            published=(batch,),
            labels=LabelJoin(by="row_key", format="csv"),
        ),
    )
    assert decode(JobPlan, json.loads(json.dumps(encode(plan)))) == plan


def test_a_job_needs_what_is_known_at_the_moment_of_prediction() -> None:
    assert list(DATASET.needed(label=True)) == ["id", "at", "plane", "a", "late"]
    assert "late" not in DATASET.needed(label=False)


def test_rules_about_absent_columns_are_left_out() -> None:
    rules = QualityRules(
        missing_share={"a": 0.1, "b": 0.2}, ranges={"a": (0, 1)}, accepted_values={"b": ("x",)}
    ).to_plan()
    assert rules.about({"b"}).missing_share == {"b": 0.2}
    assert (rules.about({"b"}).ranges, rules.about({"a"}).accepted_values) == ({}, {})
    assert rules.about({"b"}).minimum_rows == rules.minimum_rows
