from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

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


def refusing(code: str) -> FakeTarget:
    """An account with an Express machine and one machine whose executions may not be listed."""
    machines_there = [
        {"name": name, "stateMachineArn": name, "type": kind}
        for name, kind in (
            ("churn-training", "STANDARD"), ("churn-decision", "EXPRESS"), ("billing", "STANDARD")
        )
    ]  # fmt: skip

    def answer(stateMachineArn: str, maxResults: int) -> dict[str, object]:
        if stateMachineArn != "churn-training":
            refused = code if stateMachineArn == "billing" else "StateMachineTypeNotSupported"
            raise ClientError({"Error": {"Code": refused, "Message": ""}}, "ListExecutions")
        started = datetime(2026, 1, 1, tzinfo=UTC)
        return {"executions": [{"executionArn": "a", "name": "e", "status": "RUNNING", "startDate": started}]}

    stepfunctions = FakeClient(list_state_machines={"stateMachines": machines_there}, list_executions=answer)
    return FakeTarget(clients={"stepfunctions": stepfunctions})


def test_express_machines_and_those_that_may_not_be_read_are_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = refusing("AccessDeniedException")
    there = machines.all_machines(target)
    assert [each.name for each in there] == ["churn-training", "billing"]
    assert [each.name for each in machines.newest(target, there, limit=5)] == ["e"]
    assert "Left out billing: states:ListExecutions is not allowed there." in capsys.readouterr().err


def test_without_the_right_to_list_any_the_refusal_of_aws_is_the_answer() -> None:
    target = refusing("AccessDeniedException")
    with pytest.raises(ClientError):
        machines.newest(target, machines.all_machines(target)[1:], limit=5)
    with pytest.raises(ClientError):
        machines.newest(refusing("Throttling"), machines.all_machines(target), limit=5)


def test_where_no_name_is_given_only_machines_of_the_librarys_models_count() -> None:
    names = [each.name for each in machines.of_library(foreign_and_own())]
    assert names == ["churn-training", "churn-tuning"]
    assert machines.of_library(foreign_and_own()[1:2]) == foreign_and_own()[1:2]


def foreign_and_own() -> list[StateMachine]:
    """A workflow, a foreign machine, and a machine that a team made for the workflow's model."""
    return [StateMachine(name=name, arn=name) for name in ("churn-training", "billing", "churn-tuning")]


def test_times_are_in_utc_wherever_the_machine_stands() -> None:
    local = datetime(2026, 11, 30, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    summary: dict[str, object] = {"executionArn": f"{ARN}:e1", "name": "e1", "status": "SUCCEEDED"}
    summary |= {"startDate": local, "stopDate": local + timedelta(minutes=1)}
    fake = FakeClient(describe_execution=summary, list_executions={"executions": [summary]})
    target = FakeTarget(clients={"stepfunctions": fake})
    for found in (machines.described(target, f"{ARN}:e1"), *machines.newest(target, MACHINES[:1], limit=1)):
        assert f"{found.started:%Y-%m-%d %H:%M:%S}" == "2026-12-01 04:30:00"
        assert f"{found.stopped:%H:%M:%S}" == "04:31:00"
