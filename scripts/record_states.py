"""Record, from runs of the end-to-end tests, with which input each state of the workflows' machines ran.

python scripts/record_states.py RECORDS tests/end_to_end/test_life_of_a_model.py ...

It runs the tests with pytest. Before their embedded AWS ends, it writes to the file RECORDS the definition of
each machine, and one line for each state that ran: its input, its variables and its task's result.
`scripts/write_states.py` makes the cases of `mdlc conformance` from that file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.aws import local
from mdlc_cli.aws.target import at

KEPT = 2
"""Executions of each state with a different next state that are kept."""


class Recorder:
    """Reads the histories of all executions before a server of the tests ends."""

    def __init__(self, records: Path) -> None:
        self.records = records
        self.seen: dict[tuple[str, str, str], int] = {}
        self._down = local.down

    def down(self, root: Path, *arguments: Any, **options: Any) -> Any:
        """Replaces `local.down`: records, then ends the server."""
        server = local.find(root)
        if server is not None:
            self.record(at(server).client("stepfunctions"))
        return self._down(root, *arguments, **options)

    def record(self, states: Any) -> None:
        """Append what all executions of all machines of a server did."""
        with self.records.open("a") as file:
            for page in states.get_paginator("list_state_machines").paginate():
                for machine in page["stateMachines"]:
                    described = states.describe_state_machine(stateMachineArn=machine["stateMachineArn"])
                    if described["type"] != "STANDARD":
                        file.write(
                            json.dumps({"machine": described["name"], "definition": described["definition"]})
                            + "\n"
                        )
                        continue
                    self._machine(states, described, file)

    def _machine(self, states: Any, described: dict[str, Any], file: Any) -> None:
        file.write(json.dumps({"machine": described["name"], "definition": described["definition"]}) + "\n")
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=described["stateMachineArn"])
        for execution in (execution for page in pages for execution in page["executions"]):
            arn = execution["executionArn"]
            described_execution = states.describe_execution(executionArn=arn)
            history = states.get_paginator("get_execution_history").paginate(executionArn=arn)
            events = [event for page in history for event in page["events"]]
            for entry in entries(events):
                key = (described["name"], entry["state"], entry["next"])
                self.seen[key] = self.seen.get(key, 0) + 1
                if self.seen[key] <= KEPT:
                    context = {
                        "Execution": {
                            "Id": arn,
                            "Input": json.loads(described_execution["input"]),
                            "Name": described_execution["name"],
                            "RoleArn": described["roleArn"],
                            "StartTime": described_execution["startDate"].strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                        },
                        "StateMachine": {"Id": described["stateMachineArn"], "Name": described["name"]},
                    }
                    file.write(json.dumps({"machine": described["name"], "context": context, **entry}) + "\n")


def entries(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The states that an execution entered, one after the other; those within maps are left out."""
    entered: list[dict[str, Any]] = []
    variables: dict[str, Any] = {}
    current: dict[str, Any] | None = None
    depth = 0
    for event in events:
        kind = event["type"]
        if kind in ("MapIterationStarted", "ParallelStateStarted"):
            depth += 1
        if kind in ("MapIterationSucceeded", "MapIterationFailed", "ParallelStateSucceeded"):
            depth -= 1
        if "stateEnteredEventDetails" in event:
            details = event["stateEnteredEventDetails"]
            if current is not None and depth == 0 and not current["next"]:
                current["next"] = details["name"]
            if depth > 0:
                continue
            current = {
                "state": details["name"],
                "input": details.get("input", "{}"),
                "variables": dict(variables),
                "result": None,
                "error": None,
                "next": "",
            }
            entered.append(current)
        if current is None or depth > 0:
            continue
        for name in ("taskSucceededEventDetails", "lambdaFunctionSucceededEventDetails"):
            if name in event:
                current["result"] = event[name].get("output")
        for name in ("taskFailedEventDetails", "lambdaFunctionFailedEventDetails"):
            if name in event:
                current["error"] = {key: event[name].get(key, "") for key in ("error", "cause")}
        if "stateExitedEventDetails" in event:
            for name, value in (event["stateExitedEventDetails"].get("assignedVariables") or {}).items():
                variables[name] = plain(value)
    return entered


def plain(text: str) -> Any:
    """A variable's value; the interpreter's history does not escape quotation marks within a string."""
    try:
        return json.loads(text)
    except ValueError:
        return text.removeprefix('"').removesuffix('"')


def main(arguments: list[str]) -> int:
    """Run the tests and record; the status of pytest."""
    recorder = Recorder(Path(arguments[0]))
    local.down = recorder.down
    return int(pytest.main(["-q", "-n0", "-p", "no:cacheprovider", *arguments[1:]]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
