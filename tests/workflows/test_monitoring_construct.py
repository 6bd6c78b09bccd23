"""The monitoring workflow as a construct: what stands around its machine."""

import json
from datetime import timedelta
from typing import Any

import pytest
from aws_cdk import App, Stack
from syrupy.assertion import SnapshotAssertion

from mdlc_constructs import (
    BatchInferenceWorkflow,
    CaptureSettings,
    Labels,
    ModelHome,
    MonitoringWorkflow,
    RealTimeInferenceWorkflow,
    Serving,
    Shadow,
)
from mdlc_constructs.asl import Pass
from mdlc_constructs.settings.monitor_metrics import METRICS
from mdlc_constructs.workflows.monitoring.event_rules import schedule
from tests.synthesized import Synthesized
from tests.workflows.settings import DATASET
from tests.workflows.stacks import HERE, monitored

MINUTES = timedelta(minutes=15)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """A stack with an endpoint and batches, both monitored."""
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    monitored(Stack(app, "Monitored", env=HERE))
    return Synthesized.all_of(app)["Monitored"]


@pytest.fixture
def home() -> ModelHome:
    """A home in a stack for what is refused before anything is synthesized."""
    return ModelHome(Stack(App(), "Refused", env=HERE), "Model", name="flights")


def serving(home: ModelHome, **options: Any) -> RealTimeInferenceWorkflow:
    return RealTimeInferenceWorkflow(Stack.of(home), "Serving", home=home, dataset=DATASET, **options)


def monitor(home: ModelHome, id_: str = "Monitoring", **options: Any) -> MonitoringWorkflow:
    return MonitoringWorkflow(Stack.of(home), id_, home=home, dataset=DATASET, **options)


def rules(stack: Synthesized, logical: str) -> list[dict[str, Any]]:
    return [
        one["Properties"]
        for name, one in stack.of_type("AWS::Events::Rule").items()
        if name.startswith(logical)
    ]


def test_logical_ids_are_a_contract(stack: Synthesized, snapshot: SnapshotAssertion) -> None:
    assert {
        name: one["Type"]
        for name, one in stack.resources.items()
        if name.startswith(("Monitoring", "BatchMonitoring", "Functions"))
    } == snapshot


def test_the_machine_is_a_contract(stack: Synthesized, snapshot: SnapshotAssertion) -> None:
    states = stack.states("flights-monitoring")
    inner = states["MonitorWindows"]["ItemProcessor"]["States"]
    assert {
        name: body.get("Next") or body.get("Default") or "end" for name, body in {**states, **inner}.items()
    } == snapshot


def test_a_model_may_be_monitored_in_both_ways(stack: Synthesized) -> None:
    assert stack.machine("flights-monitoring")
    assert stack.machine("flights-batch-monitoring")


@pytest.mark.parametrize(
    ("every", "settling", "expression"),
    [
        (timedelta(days=1), MINUTES, "cron(15 0 * * ? *)"),
        (timedelta(days=7), timedelta(hours=2), "cron(0 2 * * ? *)"),
        (timedelta(hours=1), MINUTES, "cron(15 0/1 * * ? *)"),
        (timedelta(hours=6), timedelta(minutes=75), "cron(15 1/6 * * ? *)"),
        (timedelta(hours=5), MINUTES, "rate(5 hours)"),
        (timedelta(hours=30), timedelta(0), "cron(0 0 * * ? *)"),
    ],
)
def test_the_clock_starts_the_machine_behind_each_window(
    every: timedelta, settling: timedelta, expression: str
) -> None:
    assert schedule(every, settling) == expression


def test_the_clock_and_publications_start_the_machines(stack: Synthesized) -> None:
    (clock,) = rules(stack, "MonitoringSchedule")
    assert clock["ScheduleExpression"] == "cron(15 0 * * ? *)"
    assert json.loads(clock["Targets"][0]["Input"]) == {"trigger": "schedule"}
    assert not rules(stack, "MonitoringPublished")
    (published,) = rules(stack, "BatchMonitoringPublished")
    assert published["EventPattern"]["detail-type"] == ["Predictions Published"]
    assert published["EventPattern"]["detail"] == {"model": ["flights"], "outcome": ["Succeeded"]}
    (allowed,) = stack.allowed("MonitoringStartRole")
    assert allowed[0] == "states:StartExecution"


def test_without_a_schedule_nothing_starts_it(home: ModelHome) -> None:
    assert monitor(home, endpoint=serving(home), scheduled=False).rules == ()


def test_the_job_reads_what_it_is_told_and_writes_reports_alone(stack: Synthesized) -> None:
    def places(role: str, action: str) -> set[str]:
        return {r.rpartition(":::")[2] for a, r in stack.allowed(role) if a == action}

    bucket = next(r for r in places("MonitoringMonitorRole", "s3:PutObject")).partition("/")[0]
    assert places("MonitoringMonitorRole", "s3:PutObject") == {f"{bucket}/monitoring/*"}
    below = {place.removeprefix(f"{bucket}/") for place in places("MonitoringMonitorRole", "s3:GetObject")}
    assert {"capture/*", "baselines/*", "monitoring/*", "runs/*", "splits/*", "theirs/late/*"} < below
    batch = {
        place.removeprefix(f"{bucket}/") for place in places("BatchMonitoringMonitorRole", "s3:GetObject")
    }
    assert {"predictions/*", "bucket/raw/*"} < batch
    assert "capture/*" not in batch


def test_labels_under_a_key_of_their_own_are_decrypted(stack: Synthesized) -> None:
    for role in ("MonitoringMonitorRole", "FunctionsPlanMonitoringRole"):
        keys = {resource for action, resource in stack.allowed(role) if action == "kms:Decrypt"}
        assert any(key.endswith("333333333333:key/theirs") for key in keys), role


def test_what_is_measured_is_on_the_dashboard(stack: Synthesized) -> None:
    bodies = {
        one["Properties"]["DashboardName"]: one["Properties"]["DashboardBody"]
        for one in stack.of_type("AWS::CloudWatch::Dashboard").values()
    }
    assert set(bodies) == {"flights-monitoring", "flights-batch-monitoring"}
    text = json.dumps(bodies["flights-monitoring"])
    assert [metric.name for metric in METRICS if metric.name not in text] == []
    assert all(name in text for name in ("Measured", "Estimated", "AtTraining", "brier"))
    assert "rmse" not in text
    other = json.dumps(bodies["flights-batch-monitoring"])
    assert "LabelCoverage" not in other and "Measured" not in other
    assert "Consistency" in other


def test_a_dashboards_body_is_json_of_widgets_within_the_grid(home: ModelHome) -> None:
    made = monitor(home, endpoint=serving(home))
    body = json.loads(made.dashboard.dashboard_body)
    places = [
        (widget["x"], widget["y"], widget["x"] + widget["width"], widget["y"] + widget["height"])
        for widget in body["widgets"]
    ]
    assert all(0 <= x < right <= 24 for x, _, right, _ in places)
    for number, (x, y, right, bottom) in enumerate(places):
        for left, top, end, low in places[:number]:
            assert right <= left or end <= x or bottom <= top or low <= y


def test_alarms_ring_for_what_the_table_says(stack: Synthesized) -> None:
    made = {
        name.removeprefix("Monitoring").partition("Alarm")[0]: one["Properties"]
        for name, one in stack.of_type("AWS::CloudWatch::Alarm").items()
        if name.startswith("Monitoring") and one["Properties"]["Namespace"] == "MDLC"
    }
    assert set(made) == {
        *("Drift", "Worse", "Traffic", "Coverage", "Skew", "Quality", "Consistency", "AccuracyAuc"),
    }
    assert {alarm["TreatMissingData"] for alarm in made.values()} == {"ignore"}
    dimensions = {d["Name"]: d["Value"] for d in made["AccuracyAuc"]["Dimensions"]}
    assert dimensions == {"Model": "flights", "Monitor": "endpoint", "Metric": "auc"}
    assert made["AccuracyAuc"]["Threshold"] == 0.65
    assert "below 0.65" in made["AccuracyAuc"]["AlarmDescription"]


def test_exactly_one_way_of_serving_is_monitored(home: ModelHome) -> None:
    with pytest.raises(ValueError, match="give exactly one of them"):
        monitor(home)
    batch = BatchInferenceWorkflow(Stack.of(home), "Batch", home=home, dataset=DATASET)
    with pytest.raises(ValueError, match="give exactly one of them"):
        monitor(home, batch=batch, endpoint=serving(home))


def test_a_second_monitor_of_the_same_kind_is_refused(home: ModelHome) -> None:
    released = serving(home)
    monitor(home, endpoint=released)
    with pytest.raises(ValueError, match="Again would make the state machine flights-monitoring"):
        monitor(home, "Again", endpoint=released)


def test_what_belongs_to_another_model_is_refused(home: ModelHome) -> None:
    other = ModelHome(Stack.of(home), "Other", name="trains")
    with pytest.raises(ValueError, match="belongs to 'trains'"):
        monitor(home, endpoint=serving(other))


@pytest.mark.parametrize(
    "capture", [None, CaptureSettings(modes=("Input",)), CaptureSettings(sample_percent=0)]
)
def test_an_endpoint_that_captures_too_little_is_refused(
    home: ModelHome, capture: CaptureSettings | None
) -> None:
    with pytest.raises(ValueError, match="nothing could be monitored"):
        monitor(home, endpoint=serving(home, serving=Serving(capture=capture)))


@pytest.mark.parametrize(
    "uri", ["s3://other/baselines/x/", "s3://{bucket}/raw/", "s3://{bucket}/baselines/x"]
)
def test_a_baseline_out_of_the_jobs_reach_is_refused(home: ModelHome, uri: str) -> None:
    with pytest.raises(ValueError, match=r"copy statistics\.json"):
        monitor(home, endpoint=serving(home), baseline_uri=uri.format(bucket=home.bucket_name))


def test_a_baseline_that_was_carried_over_is_in_the_plan(home: ModelHome) -> None:
    uri = f"s3://{home.bucket_name}/baselines/theirs/"
    plan: Any = monitor(home, endpoint=serving(home), baseline_uri=uri).settings.to_plan()
    assert plan["served"]["baseline"] == uri


def test_a_shadows_captures_are_left_out(home: ModelHome) -> None:
    assert monitor(home, endpoint=serving(home, rollout=Shadow())).settings.variants == ("main",)


def test_labels_may_lie_among_the_outcomes(home: ModelHome) -> None:
    labels = Labels(uri=f"s3://{home.bucket_name}/outcomes/", by="inference_id")
    made = monitor(home, endpoint=serving(home), labels=labels)
    assert [(one.prefix, one.key_arn) for one in made.sources] == [("outcomes/", "${KeyArn}")]


def test_seams_go_around_the_windows(home: ModelHome) -> None:
    made = monitor(home, endpoint=serving(home), seams={"after_monitor_windows": Pass(name="Tell")})
    assert made.machine.state("WindowsVerdict").to_asl()["Default"] == "Tell"
