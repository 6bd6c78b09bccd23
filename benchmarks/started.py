"""Step Functions as far as retraining's functions ask it: executions by name, how they stand, task tokens."""

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
    """An execution of a machine."""

    name: str
    machine: str
    input: dict[str, Any]
    started_at: datetime
    status: str = RUNNING
    stopped_at: datetime | None = None
    output: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Token:
    """What an execution waits for, with what it knows."""

    arn: str
    about: Mapping[str, Any]


@dataclass(kw_only=True)
class Started(Client):
    """The client.

    Attributes:
        on_start: told the ARN of each execution that was started.
        on_token: told each token that came back while its execution ran, with the answer.
    """

    on_start: Callable[[str], None]
    on_token: Callable[[Token, Mapping[str, Any]], None]
    now: Callable[[], datetime]
    executions: dict[str, Execution] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    issued: int = 0

    def start_execution(self, **request: Any) -> dict[str, str]:
        """The same name and input while it runs is the same execution; a name that ended is taken."""
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
        """How an execution stands."""
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
        """A token ends one wait, of an execution that runs."""
        token = self.tokens.pop(request["taskToken"], None)
        if token is None or self.executions[token.arn].status != RUNNING:
            raise ClientError({"Error": {"Code": "TaskTimedOut"}}, "SendTaskSuccess")
        self.on_token(token, json.loads(request["output"]))

    def start_by_hand(self, machine: str, name: str) -> None:
        """A person starts a machine, or clicks twice and is told that the name is taken."""
        try:
            self.start_execution(stateMachineArn=machine, name=name, input="{}")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def token(self, arn: str, about: Mapping[str, Any]) -> str:
        """A new token for an execution that begins to wait."""
        self.issued += 1
        text = f"token-{self.issued}"
        self.tokens[text] = Token(arn=arn, about=about)
        return text

    def run(self, arn: str, payload: dict[str, Any]) -> str:
        """An execution that is followed; one of that name that runs is joined."""
        if arn not in self.executions:
            self.executions[arn] = self._execution(arn, payload)
        return arn

    def end(self, arn: str, output: dict[str, Any]) -> None:
        """An execution succeeds."""
        self.executions[arn].status, self.executions[arn].output = SUCCEEDED, output
        self.executions[arn].stopped_at = self.now()

    def stop(self, arn: str) -> None:
        """An execution is stopped."""
        self.executions[arn].status, self.executions[arn].stopped_at = ABORTED, self.now()

    def _execution(self, arn: str, payload: dict[str, Any]) -> Execution:
        machine, _, name = arn.replace(":execution:", ":stateMachine:").rpartition(":")
        return Execution(name=name, machine=machine, input=payload, started_at=self.now())
