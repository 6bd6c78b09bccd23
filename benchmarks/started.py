"""A fake of Step Functions for the retraining functions: executions by name, their status, task tokens."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.executions import execution_arn
from tests.lambdas.fakes import Client

RUNNING, SUCCEEDED, ABORTED = "RUNNING", "SUCCEEDED", "ABORTED"


@dataclass(kw_only=True)
class Execution:
    """An execution of a state machine."""

    name: str
    machine: str
    input: dict[str, Any]
    started_at: datetime
    status: str = RUNNING
    stopped_at: datetime | None = None
    output: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Token:
    """A task token of a waiting execution, with the data of its wait."""

    arn: str
    about: Mapping[str, Any]


@dataclass(kw_only=True)
class Started(Client):
    """The fake client.

    Attributes:
        on_start: called with the ARN of each started execution.
        on_token: called with each token that was sent while its execution is running, and the output.
    """

    on_start: Callable[[str], None]
    on_token: Callable[[Token, Mapping[str, Any]], None]
    now: Callable[[], datetime]
    executions: dict[str, Execution] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    issued: int = 0

    def start_execution(self, **request: Any) -> dict[str, str]:
        """Start an execution; idempotent for the same name and input while it runs.

        The name of an execution that has ended cannot be used again.
        """
        arn = execution_arn(request["stateMachineArn"], request["name"])
        payload = json.loads(request["input"])
        before = self.executions.get(arn)
        if before is not None:
            if before.status == RUNNING and before.input == payload:
                return {"executionArn": arn}
            raise ClientError({"Error": {"Code": "ExecutionAlreadyExists"}}, "StartExecution")
        self.executions[arn] = self._execution(arn, payload)
        self.on_start(arn)
        return {"executionArn": arn}

    def describe_execution(self, **request: Any) -> dict[str, Any]:
        """The status of an execution."""
        execution = self.executions.get(request["executionArn"])
        if execution is None:
            raise ClientError({"Error": {"Code": "ExecutionDoesNotExist"}}, "DescribeExecution")
        return {
            "status": execution.status,
            "input": json.dumps(execution.input),
            "startDate": execution.started_at,
            **({"stopDate": execution.stopped_at} if execution.stopped_at else {}),
            **({"output": json.dumps(execution.output)} if execution.status == SUCCEEDED else {}),
        }

    def send_task_success(self, **request: Any) -> None:
        """End the wait of a running execution; a token can be used once."""
        token = self.tokens.pop(request["taskToken"], None)
        if token is None or self.executions[token.arn].status != RUNNING:
            raise ClientError({"Error": {"Code": "TaskTimedOut"}}, "SendTaskSuccess")
        self.on_token(token, json.loads(request["output"]))

    def start_by_hand(self, machine: str, name: str) -> None:
        """Start a machine manually; an existing name is ignored, as when a user clicks twice."""
        try:
            self.start_execution(stateMachineArn=machine, name=name, input="{}")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def token(self, arn: str, about: Mapping[str, Any]) -> str:
        """A new task token for an execution that starts to wait."""
        self.issued += 1
        text = f"token-{self.issued}"
        self.tokens[text] = Token(arn=arn, about=about)
        return text

    def run(self, arn: str, payload: dict[str, Any]) -> str:
        """Start a nested execution, or join the existing one of that name; returns its ARN."""
        if arn not in self.executions:
            self.executions[arn] = self._execution(arn, payload)
        return arn

    def end(self, arn: str, output: dict[str, Any]) -> None:
        """End an execution as succeeded."""
        self.executions[arn].status, self.executions[arn].output = SUCCEEDED, output
        self.executions[arn].stopped_at = self.now()

    def stop(self, arn: str) -> None:
        """Stop an execution."""
        self.executions[arn].status, self.executions[arn].stopped_at = ABORTED, self.now()

    def _execution(self, arn: str, payload: dict[str, Any]) -> Execution:
        machine, _, name = arn.replace(":execution:", ":stateMachine:").rpartition(":")
        return Execution(name=name, machine=machine, input=payload, started_at=self.now())
