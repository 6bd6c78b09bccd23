from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mdlc_cli.executions import history

START = datetime(2026, 1, 1, tzinfo=UTC)


class Recorder:
    """Writes events as GetExecutionHistory gives them, each following the one before unless told."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add(self, kind: str, seconds: float, *, after: int | None = None, **details: Any) -> int:
        identity = len(self.events) + 1
        event: dict[str, Any] = {
            "id": identity,
            "type": kind,
            "timestamp": START + timedelta(seconds=seconds),
            "previousEventId": identity - 1 if after is None else after,
        }
        if details:
            event["anyEventDetails"] = details
        self.events.append(event)
        return identity


def succeeded() -> Recorder:
    record = Recorder()
    record.add("ExecutionStarted", 0, input="{}")
    record.add("TaskStateEntered", 0.1, name="CheckQuality")
    record.add("TaskScheduled", 0.2, parameters=json.dumps({"ProcessingJobName": "m-quality-1"}))
    record.add("TaskSucceeded", 4.0)
    record.add("TaskStateExited", 4.1, name="CheckQuality")
    record.add("ChoiceStateEntered", 4.1, name="QualityVerdict")
    record.add("ChoiceStateExited", 4.2, name="QualityVerdict")
    return record


def test_states_are_told_in_order_with_their_times() -> None:
    record = succeeded()
    record.add("ExecutionSucceeded", 5.0, output="{}")
    seen = history.timeline(record.events)
    assert seen is not None
    assert [(visit.state, visit.kind) for visit in seen.visits] == [
        ("CheckQuality", "Task"), ("QualityVerdict", "Choice"),
    ]  # fmt: skip
    assert seen.visits[0].ended == START + timedelta(seconds=4.1)
    assert (seen.status, seen.ended) == ("SUCCEEDED", START + timedelta(seconds=5))
    assert seen.jobs == (history.Job(name="m-quality-1", log_group="/aws/sagemaker/ProcessingJobs"),)


def test_a_tuning_job_logs_where_its_trials_do() -> None:
    record = Recorder()
    record.add("ExecutionStarted", 0, input="{}")
    record.add("TaskStateEntered", 0.1, name="Train")
    record.add("TaskScheduled", 0.2, parameters=json.dumps({"HyperParameterTuningJobName": "m-tune-a"}))
    seen = history.timeline(record.events)
    assert seen is not None
    (job,) = seen.jobs
    assert (job.name, job.log_group, job.streams) == ("m-tune-a", "/aws/sagemaker/TrainingJobs", "m-tune-a-")


def test_a_running_state_has_no_end() -> None:
    record = succeeded()
    record.add("TaskStateEntered", 4.3, name="Train")
    seen = history.timeline(record.events)
    assert seen is not None
    assert (seen.status, seen.visits[-1].state, seen.visits[-1].ended) == ("RUNNING", "Train", None)


def test_no_events_no_timeline() -> None:
    assert history.timeline([]) is None


def test_the_first_error_and_the_failed_state_are_kept() -> None:
    record = Recorder()
    record.add("ExecutionStarted", 0)
    record.add("TaskStateEntered", 1, name="Train")
    record.add("TaskScheduled", 1, parameters=json.dumps({"TrainingJobName": "m-train-1"}))
    record.add("TaskFailed", 2, error="SageMaker.JobFailed", cause="...")
    record.add("TaskStateExited", 2, name="Train")
    record.add("FailStateEntered", 3, name="Failed")
    record.add("ExecutionFailed", 3, error="SageMaker.JobFailed", cause="out of memory")
    seen = history.timeline(record.events)
    assert seen is not None
    assert [visit.state for visit in seen.visits if visit.failed] == ["Train"]
    assert (seen.status, seen.error, seen.cause) == ("FAILED", "SageMaker.JobFailed", "out of memory")
    assert seen.first_failure is seen.visits[0]
    assert (seen.visits[0].error, seen.visits[0].cause) == ("SageMaker.JobFailed", "...")
    assert seen.visits[-1].ended == seen.ended, "a Fail state ends with the execution"


def test_a_task_that_is_retried_with_success_is_not_failed() -> None:
    record = Recorder()
    record.add("ExecutionStarted", 0)
    record.add("TaskStateEntered", 1, name="Plan")
    record.add("LambdaFunctionFailed", 2, error="Lambda.TooManyRequestsException")
    record.add("LambdaFunctionScheduled", 3)
    record.add("LambdaFunctionSucceeded", 4)
    record.add("TaskStateExited", 4, name="Plan")
    seen = history.timeline(record.events)
    assert seen is not None
    assert not seen.visits[0].failed


def test_states_inside_a_map_are_told_apart_and_the_state_after_it_is_outside() -> None:
    record = Recorder()
    record.add("ExecutionStarted", 0)
    entered = record.add("MapStateEntered", 1, name="ScoreHoldout")
    began = record.add("MapStateStarted", 1, length=2)
    first = record.add("MapIterationStarted", 1, after=began, index=0)
    second = record.add("MapIterationStarted", 1, after=began, index=1)
    one = record.add("TaskStateEntered", 1.1, after=first, name="ScoreModel")
    two = record.add("TaskStateEntered", 1.2, after=second, name="ScoreModel")
    record.add("TaskStateExited", 5, after=two, name="ScoreModel")
    left = record.add("TaskStateExited", 9, after=one, name="ScoreModel")
    ended = record.add("MapStateSucceeded", 9, after=left)
    exited = record.add("MapStateExited", 9, after=ended, name="ScoreHoldout")
    record.add("TaskStateEntered", 9.5, after=exited, name="Evaluate")
    seen = history.timeline(record.events)
    assert seen is not None
    times = [
        (visit.state, visit.inside, visit.ended and (visit.ended - START).total_seconds())
        for visit in seen.visits
    ]
    assert times == [
        ("ScoreHoldout", False, 9.0),
        ("ScoreModel", True, 9.0),
        ("ScoreModel", True, 5.0),
        ("Evaluate", False, None),
    ]
    assert entered == seen.visits[0].event_id


def test_a_line_says_when_and_what() -> None:
    visit = history.Visit(
        event_id=1, state="ScoreModel", kind="Task", entered=START + timedelta(seconds=12.34), inside=True
    )
    assert history.entered_line(visit, START) == "   12.3 s    ScoreModel"


def test_an_output_becomes_names_and_values() -> None:
    output = json.dumps(
        {"outcome": "Succeeded", "metrics": {"auc": 0.68}, "reasons": ["a", "b"], "next": None}
    )
    assert history.flattened(output) == [
        ("outcome", "Succeeded"), ("metrics.auc", "0.68"), ("reasons", "a; b"), ("next", ""),
    ]  # fmt: skip
    assert history.flattened("") == []
    assert history.flattened("3") == [("output", "3")]


def test_the_version_that_a_task_asks_a_person_about_is_known() -> None:
    arn = "arn:aws:sagemaker:us-east-1:0:model-package/churn/3"
    request: dict[str, Any] = {
        "FunctionName": "f", "Payload": {"step": "await_approval", "package_arn": arn},
    }  # fmt: skip
    record = Recorder()
    record.add("ExecutionStarted", 0, input="{}")
    record.add("TaskStateEntered", 0.1, name="AwaitApproval")
    record.add("TaskScheduled", 0.2, parameters=json.dumps(request))
    seen = history.timeline(record.events)
    assert seen is not None and seen.visits[0].package_arn == arn
    assert history.waiting_line(seen).startswith("version 3 waits for a person")
    request["Payload"] = {"step": "claim", "package_arn": arn}
    assert history._asked_about(request) == "" and history._asked_about({"Payload": "x"}) == ""


def updated(config: dict[str, Any]) -> Recorder:
    record = Recorder()
    record.add("ExecutionStarted", 0)
    record.add("TaskStateEntered", 1, name="UpdateEndpoint")
    request = {"EndpointName": "m", "DeploymentConfig": config}
    record.add("TaskScheduled", 1, parameters=json.dumps(request))
    record.add("TaskSucceeded", 2)
    record.add("TaskStateExited", 2, name="UpdateEndpoint")
    record.add("TaskStateEntered", 3, name="Watch")
    return record


def blue_green(**routing: Any) -> dict[str, Any]:
    policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 300}
    return {"BlueGreenUpdatePolicy": policy}


SHARE = {"Type": "CAPACITY_PERCENT", "Value": 30}


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        # The old fleet is kept while all traffic is watched.
        (blue_green(Type="ALL_AT_ONCE", WaitIntervalInSeconds=600), 600),
        (blue_green(Type="CANARY", WaitIntervalInSeconds=600, CanarySize=SHARE), 900),
        (blue_green(Type="LINEAR", WaitIntervalInSeconds=60, LinearStepSize=SHARE), 540),
        ({"RollingUpdatePolicy": {"WaitIntervalInSeconds": 60, "MaximumBatchSize": SHARE}}, 240),
        ({}, 0),
    ],
)
def test_how_long_an_update_bakes(config: dict[str, Any], seconds: float) -> None:
    assert history.baking_seconds({"DeploymentConfig": config}) == seconds


def test_until_when_an_endpoint_bakes_is_said_while_it_does() -> None:
    record = updated(blue_green(Type="CANARY", WaitIntervalInSeconds=600, CanarySize=SHARE))
    seen = history.timeline(record.events)
    assert seen is not None
    assert history.baking_line(seen, 20) == (
        "the endpoint bakes for 45 s while alarms watch it, until 00:00:46 UTC at the earliest"
    )
    record.add("ExecutionSucceeded", 60)
    ended = history.timeline(record.events)
    assert ended is not None and history.baking_line(ended, 20) == ""
    plain = history.timeline(updated({}).events)
    assert plain is not None and history.baking_line(plain, 1) == ""
