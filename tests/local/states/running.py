"""Running one state machine to its end."""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from tests.local.embedded import Server


@dataclass(frozen=True)
class Run:
    """How an execution ended."""

    arn: str
    status: str
    output: Any
    error: str | None
    cause: str | None
    seconds: float


def create(server: Server, definition: dict[str, Any], role_arn: str, **more: Any) -> str:
    """Create a machine; returns its ARN."""
    created = server.client("stepfunctions").create_state_machine(
        name=f"test-{uuid.uuid4().hex[:12]}", definition=json.dumps(definition), roleArn=role_arn, **more
    )
    return str(created["stateMachineArn"])


def run(server: Server, definition: dict[str, Any], role_arn: str, given: Any = None, **more: Any) -> Run:
    """Create a machine, run it with the input `given`, wait for its end."""
    states = server.client("stepfunctions")
    machine_arn = create(server, definition, role_arn, **more)
    started = time.monotonic()
    arn = states.start_execution(stateMachineArn=machine_arn, input=json.dumps(given or {}))["executionArn"]
    return ended(server, arn, started)


def ended(
    server: Server, execution_arn: str, started: float | None = None, timeout_seconds: float = 60
) -> Run:
    """Wait until an execution has ended."""
    states = server.client("stepfunctions")
    started = time.monotonic() if started is None else started
    while time.monotonic() < started + timeout_seconds:
        found = states.describe_execution(executionArn=execution_arn)
        if found["status"] != "RUNNING":
            output = json.loads(found["output"]) if found.get("output") else None
            seconds = time.monotonic() - started
            error, cause = found.get("error"), found.get("cause")
            return Run(execution_arn, found["status"], output, error, cause, seconds)
        time.sleep(0.02)
    raise TimeoutError(f"{execution_arn} runs after {timeout_seconds} s")


def events(server: Server, execution_arn: str) -> list[dict[str, Any]]:
    """The history of an execution."""
    pages = server.client("stepfunctions").get_paginator("get_execution_history")
    return [event for page in pages.paginate(executionArn=execution_arn) for event in page["events"]]
