from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from mdlc_cli.errors import CommandError
from mdlc_cli.executions import machines
from mdlc_cli.executions.machines import StateMachine
from tests.cli.fakes import FakeClient, FakeTarget

NAMES = ("flight-delay-training", "flight-delay-batch-inference", "churn-training", "training-costs")
MACHINES = [StateMachine(name=name, arn=f"arn:aws:states:::stateMachine:{name}") for name in NAMES]


ARN = "arn:aws:states:us-east-1:123456789012:execution:churn-training"


@pytest.mark.parametrize(
    ("workflow", "model", "found"),
    [
        ("flight-delay-training", None, "flight-delay-training"),
        ("batch-inference", None, "flight-delay-batch-inference"),
        ("batch", None, "flight-delay-batch-inference"),
        ("training", "churn", "churn-training"),
        ("training-costs", None, "training-costs"),
    ],
)
def test_a_workflow_is_found_by_its_name(workflow: str, model: str | None, found: str) -> None:
    assert machines.choose(MACHINES, workflow, model=model).name == found


def test_several_that_fit_are_named_with_the_remedy() -> None:
    expected = "'training' fits churn-training, flight-delay-training: give one of these names, or --model"
    with pytest.raises(CommandError, match=expected):
        machines.choose(MACHINES, "training")


def test_none_that_fits_tells_what_there_is() -> None:
    with pytest.raises(
        CommandError, match="no state machine fits workflow 'tuning': choose one of churn-training"
    ):
        machines.choose(MACHINES, "tuning")
    with pytest.raises(CommandError, match="deploy a stack first, with `mdlc deploy`"):
        machines.choose([], "training")


def test_a_stack_narrows_the_choice() -> None:
    stepfunctions = FakeClient(
        list_state_machines=[
            {"stateMachines": [{"name": each.name, "stateMachineArn": each.arn}]} for each in MACHINES
        ]
    )
    cloudformation = FakeClient(
        describe_stacks={"Stacks": [{"StackName": "Churn", "StackStatus": "CREATE_COMPLETE"}]},
        list_stack_resources={
            "StackResourceSummaries": [
                {"ResourceType": "AWS::StepFunctions::StateMachine", "PhysicalResourceId": MACHINES[2].arn},
                {"ResourceType": "AWS::S3::Bucket", "PhysicalResourceId": "bucket"},
            ]
        },
    )
    target = FakeTarget(clients={"stepfunctions": stepfunctions, "cloudformation": cloudformation})
    assert machines.all_machines(target) == MACHINES
    assert machines.all_machines(target, stack="Churn") == [MACHINES[2]]
    with pytest.raises(CommandError, match="stack 'Chrun' is not deployed: choose one of Churn"):
        machines.all_machines(target, stack="Chrun")


def test_the_newest_executions_of_all_machines_come_first() -> None:
    def answer(stateMachineArn: str, maxResults: int) -> dict[str, object]:
        hour = 1 + [each.arn for each in MACHINES].index(stateMachineArn)
        started = datetime(2026, 1, 1, hour, tzinfo=UTC)
        execution = {"executionArn": stateMachineArn, "name": "e", "status": "RUNNING", "startDate": started}
        return {"executions": [execution]}

    target = FakeTarget(clients={"stepfunctions": FakeClient(list_executions=answer)})
    found = machines.newest(target, MACHINES, limit=2)
    assert [each.machine for each in found] == ["training-costs", "churn-training"]
    assert found[0].stopped is None


def test_times_are_in_utc_wherever_the_machine_stands() -> None:
    local = datetime(2026, 11, 30, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    summary: dict[str, Any] = {"executionArn": f"{ARN}:e1", "name": "e1", "status": "SUCCEEDED"}
    summary |= {"startDate": local, "stopDate": local + timedelta(minutes=1)}
    fake = FakeClient(describe_execution=summary, list_executions={"executions": [summary]})
    target = FakeTarget(clients={"stepfunctions": fake})
    for found in (machines.described(target, f"{ARN}:e1"), *machines.newest(target, MACHINES[:1], limit=1)):
        assert f"{found.started:%Y-%m-%d %H:%M:%S}" == "2026-12-01 04:30:00"
        assert f"{found.stopped:%H:%M:%S}" == "04:31:00"
