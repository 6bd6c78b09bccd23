"""What both planners share: the contract's texts, where to go on, how long to wait, where the plan lies."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.planning.errors import InvalidInput
from lambdas.planning.execution_plan import (
    MAX_WAIT_SECONDS,
    MIN_WAIT_SECONDS,
    decode_input,
    next_state,
    put_plan,
    wait_seconds,
)
from lambdas.planning.steps import Job
from mdlc_constructs.settings.payloads.job_plan import DataSection, JobPlan
from mdlc_constructs.settings.payloads.planning import ExecutionInput, RefusedCall
from tests.lambdas.fakes import Client
from tests.workflows.settings import DATASET

START = datetime(2013, 1, 1, tzinfo=UTC)
COMPLETED, ABSENT = Job(status="Completed"), Job(status="Absent")


def test_the_error_that_took_the_step_is_raised_under_its_own_name() -> None:
    taken = RefusedCall(step="CreateModel", error="SageMaker.AmazonSageMakerException", cause="bad image")
    with pytest.raises(Exception, match="bad image") as raised:
        next_state({"CreateModel": [ABSENT]}, refused={}, last="End", taken=taken)
    assert type(raised.value).__name__ == "SageMaker.AmazonSageMakerException"


def test_a_name_taken_by_work_in_progress_is_waited_for() -> None:
    taken = RefusedCall(step="Train", error="SageMaker.ResourceInUse", cause="taken")
    standing = {"Train": [Job(status="InProgress")]}
    assert next_state(standing, refused={}, last="End", taken=taken) == "Wait"
    assert next_state({"Train": [COMPLETED]}, refused={}, last="End", taken=taken) == "End"


def test_a_refused_step_leads_to_the_choice_that_reads_its_verdict() -> None:
    jobs = {"Check": [COMPLETED], "Train": [ABSENT]}
    assert next_state(jobs, refused={"Check": "Verdict"}, last="End", taken=None) == "Verdict"
    assert next_state(jobs, refused={}, last="End", taken=None) == "Train"


@pytest.mark.parametrize(
    ("train", "expected"), [(ABSENT, "Check"), (COMPLETED, "End"), (Job(status="InProgress"), "Wait")]
)
def test_a_replaced_step_is_done_when_a_step_behind_it_began(train: Job, expected: str) -> None:
    jobs = {"Check": [ABSENT], "Train": [train]}
    refused = {"Check": "Verdict"}
    found = next_state(jobs, refused=refused, last="End", taken=None, replaced=["Check"])
    assert found == expected
    # The last step's own work cannot be looked up, so it is run again.
    assert (
        next_state({"Check": [ABSENT]}, refused=refused, last="End", taken=None, replaced=["Check"])
        == "Check"
    )


@given(st.floats(min_value=0, max_value=10**7))
def test_the_wait_grows_within_its_bounds(seconds: float) -> None:
    waited = wait_seconds(START.isoformat(), START + timedelta(seconds=seconds))
    assert MIN_WAIT_SECONDS <= waited <= MAX_WAIT_SECONDS
    assert waited <= wait_seconds(START.isoformat(), START + timedelta(seconds=2 * seconds))


def test_an_execution_that_waits_for_a_week_fits_into_its_history() -> None:
    now, rounds = START, 0
    while now < START + timedelta(days=7):
        now += timedelta(seconds=wait_seconds(START.isoformat(), now))
        rounds += 1
    assert rounds * 10 < 25_000


class Put(Client):
    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        self.held[f"s3://{Bucket}/{Key}"] = Body


def test_a_plan_never_overwrites_another_plan_of_the_same_run() -> None:
    s3 = Put()
    plan = JobPlan(
        workflow="batch",
        model="m",
        dataset=DATASET.to_plan(),
        data=DataSection(version="v", files=()),
        run="run",
    )
    other = replace(plan, predicted_at="2026-01-01")
    first = put_plan(s3, "b", plan)
    second = put_plan(s3, "b", other)
    assert first != second == put_plan(s3, "b", other)
    assert json.loads(s3.held[first])["predicted_at"] is None
    assert first.startswith("s3://b/runs/run/") and first.endswith("/plan.json")


@pytest.mark.parametrize("value", [{"reason": 5}, {"request_id": None}, {"trigger": ["x"]}])
def test_what_goes_to_the_audit_is_text(value: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="give a text"):
        decode_input(ExecutionInput, value)


@pytest.mark.parametrize("key", ["reason", "trigger", "request_id"])
def test_an_input_that_no_table_can_keep_is_refused_by_name(key: str) -> None:
    with pytest.raises(InvalidInput, match="half of a surrogate pair") as refused:
        decode_input(ExecutionInput, {key: "a\ud800"})
    assert str(refused.value).encode()
