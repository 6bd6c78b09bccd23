from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from benchmarks.started import Started, Token
from lambdas.aws import executions
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.retraining import LeaseAnswer
from tests.lambdas.leasing import START

HELD = LeaseAnswer(lease="Held")
MACHINE = "arn:aws:states:us-east-1:0:stateMachine:m"


class Remembering(Started):
    """Remembers what it told."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.told: list[tuple[str, Mapping[str, Any]]] = []
        super().__init__(
            on_start=self.begun.append,
            on_token=lambda token, answer: self.told.append((token.arn, answer)),
            now=lambda: START,
        )


def test_a_storm_of_starts_is_one_execution_and_a_dead_ones_name_is_taken() -> None:
    client = Remembering()
    arns = {executions.ensure_running(client, MACHINE, "work", {"a": 1}) for _ in range(3)}
    assert client.begun == list(arns)
    (arn,) = arns
    assert executions.is_running(client, arn)
    client.stop(arn)
    assert not executions.is_running(client, arn)
    second = executions.ensure_running(client, MACHINE, "work", {"a": 1})
    assert second.endswith(":work-2") and client.executions[second].machine == MACHINE


def test_an_execution_is_looked_up_with_its_data() -> None:
    client = Remembering()
    assert executions.look_up(client, MACHINE, "t") is None
    arn = client.run(executions.execution_arn(MACHINE, "t"), {"x": 1})
    client.end(arn, {"passed": "true"})
    found = executions.look_up(client, MACHINE, "t")
    assert found is not None and (found.status, found.input, found.output) == (
        "SUCCEEDED", '{"x": 1}', '{"passed": "true"}',
    )  # fmt: skip
    assert client.run(arn, {"x": 2}) == arn and client.executions[arn].input == {"x": 1}


def test_a_token_ends_one_wait_of_an_execution_that_runs() -> None:
    client = Remembering()
    arn = client.start_execution(stateMachineArn=MACHINE, name="e", input="{}")["executionArn"]
    token = client.token(arn, {})
    assert executions.send_task_success(client, token, HELD)
    assert not executions.send_task_success(client, token, HELD)
    late = client.token(arn, {})
    client.stop(arn)
    assert not executions.send_task_success(client, late)
    assert client.told == [(arn, encode(HELD))]


def test_a_person_who_clicks_twice_starts_one() -> None:
    client = Remembering()
    for _ in range(2):
        client.start_by_hand(MACHINE, "r")
    client.stop(client.begun[0])
    client.start_by_hand(MACHINE, "r")
    assert len(client.begun) == 1
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        client.start_execution(stateMachineArn=MACHINE, name="r", input='{"other": 1}')
    assert Token(arn="a", about={}).about == {}
