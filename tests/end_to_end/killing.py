"""Kill -9 on processes of the embedded AWS, and stops of an execution at an exact state."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.end_to_end.aws import SECONDS, Aws

HALT = "HaltHere"


def processes(mark: str) -> list[int]:
    """Processes whose environment or working directory holds a text."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
            at = os.readlink(entry / "cwd")
        except OSError:
            continue
        if mark.encode() in environment or mark in at:
            found.append(int(entry.name))
    return found


def one_process(mark: str) -> list[int]:
    """The same, waited for."""
    deadline = time.monotonic() + SECONDS
    while not (found := processes(mark)):
        assert time.monotonic() < deadline, f"no process of {mark}"
        time.sleep(0.005)
    return found


def kill(pids: list[int]) -> None:
    """As a machine does that goes out."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


@contextmanager
def frozen(mark: str) -> Iterator[list[int]]:
    """Processes that stand still inside, so that what they are asked meanwhile they never answer."""
    pids = one_process(mark)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield pids
    finally:
        kill(pids)


@dataclass
class Walked:
    """A deployed machine that can be made to halt before any of its states."""

    aws: Aws
    arn: str
    definition: str = ""

    def __post_init__(self) -> None:
        self.definition = self.aws.client("stepfunctions").describe_state_machine(stateMachineArn=self.arn)[
            "definition"
        ]

    @property
    def states(self) -> dict[str, Any]:
        """The machine's states."""
        found: dict[str, Any] = json.loads(self.definition)["States"]
        return found

    def put(self, definition: dict[str, Any] | str) -> None:
        """Give the machine another definition; executions that run keep theirs."""
        text = definition if isinstance(definition, str) else json.dumps(definition)
        self.aws.client("stepfunctions").update_state_machine(stateMachineArn=self.arn, definition=text)

    def halting_before(self, state: str) -> dict[str, Any]:
        """The definition with a long wait in front of a state, whichever way leads there."""
        machine: dict[str, Any] = json.loads(self.definition)
        for body in machine["States"].values():
            for part in (body, *body.get("Choices", ()), *body.get("Catch", ())):
                for member in ("Next", "Default"):
                    if part.get(member) == state:
                        part[member] = HALT
        if machine["StartAt"] == state:
            machine["StartAt"] = HALT
        machine["States"][HALT] = {"Type": "Wait", "Seconds": 10_000_000, "Next": state}
        return machine
