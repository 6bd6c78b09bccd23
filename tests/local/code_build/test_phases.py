"""Which phases run, in which order, and what ends them: with a real shell and no server."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mdlc_local.code_build import buildspec, phases
from mdlc_local.code_build.shell import Shell
from tests.local.code_build.processes import lives


@dataclass
class Runner:
    """Runs the commands of a buildspec in a folder."""

    folder: Path
    lines: list[str] = field(default_factory=list)
    record: dict[str, Any] = field(default_factory=lambda: {"phases": []})

    def run(
        self, text: str, ends: Callable[[], bool] = lambda: False, *, stopped: bool = False
    ) -> tuple[phases.PhaseFailed | None, bool]:
        spec = buildspec.parse(f"version: 0.2\nphases: {text}")
        shell = Shell(
            program=spec.shell,
            folder=self.folder,
            directory=self.folder,
            environment={"PATH": os.environ["PATH"]},
            write=self.lines.append,
            ends=ends,
        )
        try:
            return phases.run(spec, shell, self.record, self.lines.append, stopped=lambda: stopped)
        finally:
            shell.end()

    @property
    def statuses(self) -> dict[str, str]:
        return {each["phaseType"]: each["phaseStatus"] for each in self.record["phases"]}

    @property
    def output(self) -> list[str]:
        return [line for line in self.lines if not line.startswith("[Container]")]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


BAD, SAY = "commands: ['false']", "commands: ['echo $CODEBUILD_BUILD_SUCCEEDING']"


@pytest.mark.parametrize(
    ("text", "ran", "failed", "uploads", "said"),
    [
        (f"{{build: {{{SAY}}}}}", "INSTALL PRE_BUILD BUILD POST_BUILD", "", True, ["1"]),
        (f"{{install: {{{BAD}}}, build: {{{SAY}}}}}", "INSTALL", "INSTALL", False, []),
        (f"{{pre_build: {{{BAD}}}, post_build: {{{SAY}}}}}", "INSTALL PRE_BUILD", "PRE_BUILD", False, []),
        (
            f"{{build: {{{BAD}}}, post_build: {{{SAY}}}}}",
            *("INSTALL PRE_BUILD BUILD POST_BUILD", "BUILD", True, ["0"]),
        ),
        (
            f"{{build: {{{BAD}, on-failure: ABORT}}, post_build: {{{SAY}}}}}",
            *("INSTALL PRE_BUILD BUILD", "BUILD", False, []),
        ),
        (
            f"{{install: {{{BAD}, on-failure: CONTINUE}}, build: {{{SAY}}}}}",
            *("INSTALL PRE_BUILD BUILD POST_BUILD", "INSTALL", True, ["0"]),
        ),
        (
            f"{{build: {{{BAD}, finally: ['echo $CODEBUILD_BUILD_SUCCEEDING', 'false']}}}}",
            *("INSTALL PRE_BUILD BUILD POST_BUILD", "BUILD", True, ["0"]),
        ),
    ],
)
def test_a_failure_decides_which_phases_run(
    runner: Runner, text: str, ran: str, failed: str, uploads: bool, said: list[str]
) -> None:
    failure, uploaded = runner.run(text)
    assert list(runner.statuses) == ran.split()
    assert {name for name, status in runner.statuses.items() if status == "FAILED"} == set(failed.split())
    assert (failure is not None, uploaded) == (bool(failed), uploads)
    assert runner.output == said


@pytest.mark.parametrize(("stopped", "status"), [(False, "TIMED_OUT"), (True, "STOPPED")])
def test_a_build_that_must_end_ends_with_all_its_processes(
    runner: Runner, stopped: bool, status: str
) -> None:
    child = runner.folder / "child"

    def started() -> bool:
        return child.exists() and bool(child.read_text())

    text = f"{{build: {{commands: ['sleep 600 & echo $! > {child}; wait']}}, post_build: {{{SAY}}}}}"
    failure, uploads = runner.run(text, started, stopped=stopped)
    assert failure is not None
    assert (failure.status, uploads) == (status, False)
    assert runner.statuses == {"INSTALL": "SUCCEEDED", "PRE_BUILD": "SUCCEEDED", "BUILD": status}
    pid, deadline = int(child.read_text()), time.monotonic() + 10
    while lives(pid):
        assert time.monotonic() < deadline, "the command's child still runs"
        time.sleep(0.01)


def test_a_command_that_ends_the_shell_loses_nothing_of_those_before(runner: Runner) -> None:
    failure, _ = runner.run("{build: {commands: ['export A=b; cd /', 'exit 0', 'echo $A $PWD']}}")
    assert failure is None
    assert runner.output == ["b /"]
