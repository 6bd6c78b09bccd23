"""State machines in memory: executions by name, tokens that are waited for, as Step Functions has them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.lambdas.fakes import Client, client_error

ARN = "arn:aws:states:eu-central-1:111111111111:stateMachine:{}"


def arn(machine: str, name: str = "") -> str:
    """ARN of a machine, or of its execution of that name."""
    found = ARN.format(machine)
    return f"{found.replace(':stateMachine:', ':execution:')}:{name}" if name else found


@dataclass
class FakeStepFunctions(Client):
    """Executions by their ARN; `waited` are the tokens that somebody waits for, `now` is the clock."""

    now: Callable[[], datetime] = field(default=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    executions: dict[str, dict[str, Any]] = field(default_factory=dict)
    waited: set[str] = field(default_factory=set)
    told: list[tuple[str, Any]] = field(default_factory=list)

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, str]:
        found = f"{stateMachineArn.replace(':stateMachine:', ':execution:')}:{name}"
        known = self.executions.get(found)
        if known and (known["status"] != "RUNNING" or json.loads(known["input"]) != json.loads(input)):
            raise client_error("ExecutionAlreadyExists", found)
        self.executions.setdefault(found, {"status": "RUNNING", "input": input, "startDate": self.now()})
        return {"executionArn": found}

    def describe_execution(self, *, executionArn: str, includedData: str = "ALL_DATA") -> dict[str, Any]:
        if executionArn not in self.executions:
            raise client_error("ExecutionDoesNotExist", executionArn)
        found = self.executions[executionArn]
        return found if includedData == "ALL_DATA" else {"status": found["status"]}

    def send_task_success(self, *, taskToken: str, output: str) -> None:
        if taskToken not in self.waited:
            raise client_error("TaskTimedOut", taskToken)
        self.waited.discard(taskToken)
        self.told.append((taskToken, json.loads(output)))

    def runs(self, machine: str, name: str, **given: Any) -> str:
        """Have an execution run."""
        self.executions[arn(machine, name)] = {
            "status": "RUNNING",
            "input": json.dumps(given),
            "startDate": self.now(),
        }
        return arn(machine, name)

    def ends(self, machine: str, name: str, status: str = "SUCCEEDED", **output: Any) -> str:
        """Have an execution end."""
        found = self.executions.setdefault(arn(machine, name), {"input": "{}", "startDate": self.now()})
        found |= {"status": status, "output": json.dumps(output), "stopDate": self.now()}
        return arn(machine, name)

    def names(self, machine: str) -> list[str]:
        """Names of a machine's executions, in the order of their starts."""
        start = arn(machine, "x")[:-1]
        return [one.removeprefix(start) for one in self.executions if one.startswith(start)]
