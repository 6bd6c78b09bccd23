from __future__ import annotations

from typing import Any

from mdlc_cli.executions import job_logs
from mdlc_cli.executions.history import Job
from tests.cli.fakes import FakeClient, FakeTarget

JOB = Job(name="m-train-1", log_group="/aws/sagemaker/TrainingJobs")


def target() -> FakeTarget:
    """Two streams; the first one has two pages, as the service gives them: the same token again ends it."""
    pages = {
        ("m-train-1/a", None): ([(1, "one\n"), (4, "four\n")], "next"),
        ("m-train-1/a", "next"): ([(6, "six\n")], "last"),
        ("m-train-1/a", "last"): ([], "last"),
        ("m-train-1/b", None): ([(2, "two\n")], "end"),
        ("m-train-1/b", "end"): ([], "end"),
    }

    def streams(logGroupName: str, logStreamNamePrefix: str) -> dict[str, Any]:
        if logGroupName != JOB.log_group:
            raise FakeClient.exceptions.ResourceNotFoundException
        names = ["m-train-1/a", "m-train-1/b"] if logStreamNamePrefix == "m-train-1/" else []
        return {"logStreams": [{"logStreamName": name} for name in names]}

    def events(
        logGroupName: str, logStreamName: str, startFromHead: bool, nextToken: str | None = None
    ) -> Any:
        found, token = pages[logStreamName, nextToken]
        listed = [{"timestamp": at, "message": text} for at, text in found]
        return {"events": listed, "nextForwardToken": token}

    return FakeTarget(clients={"logs": FakeClient(describe_log_streams=streams, get_log_events=events)})


def test_the_lines_of_all_streams_and_pages_come_in_order_of_time() -> None:
    assert job_logs.lines(target(), JOB) == ["one", "two", "four", "six"]
    assert job_logs.lines(target(), JOB, limit=2) == ["four", "six"]


def test_a_job_without_a_log_has_no_lines() -> None:
    assert job_logs.lines(target(), Job(name="m-train-1", log_group="/aws/sagemaker/ProcessingJobs")) == []


def test_a_job_is_found_whatever_its_kind() -> None:
    assert job_logs.find(target(), "m-train-1") == JOB
    assert job_logs.find(target(), "other") is None


def test_the_log_of_a_tuning_job_is_that_of_its_trials() -> None:
    trials = ("m-tune-a-001-0123abcd", "m-tune-a-002-0123abcd")
    names = [*(f"{trial}/algo-1-1" for trial in trials), "m-tune-a-2-001-0123abcd/algo-1-1"]

    def streams(logGroupName: str, logStreamNamePrefix: str) -> dict[str, Any]:
        found = [name for name in names if name.startswith(logStreamNamePrefix)]
        return {"logStreams": [{"logStreamName": name} for name in found]}

    def events(logGroupName: str, logStreamName: str, startFromHead: bool, **token: str) -> Any:
        return {"events": [{"timestamp": 1, "message": logStreamName[:13]}], "nextForwardToken": None}

    client = FakeClient(describe_log_streams=streams, get_log_events=events)
    job = Job(name="m-tune-a", log_group=JOB.log_group, is_tuning=True)
    written = job_logs.lines(FakeTarget(clients={"logs": client}), job)
    assert written == [f"--> {trials[0]}", "m-tune-a-001-", f"--> {trials[1]}", "m-tune-a-002-"]
