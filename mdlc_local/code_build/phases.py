"""The phases of a build: in which order they run, what a failure changes, and their record."""

import contextlib
import datetime
from collections.abc import Callable, Iterator
from typing import Any

from mdlc_local import clock
from mdlc_local.code_build.buildspec import Buildspec, Phase
from mdlc_local.code_build.shell import Shell, Stopped

SUCCEEDED, FAILED, STOPPED, TIMED_OUT, IN_PROGRESS = (
    "SUCCEEDED",
    "FAILED",
    "STOPPED",
    "TIMED_OUT",
    "IN_PROGRESS",
)
LATE = "BUILD_TIMED_OUT"
"""The status code of a phase in which the build's time was over."""

_COMMANDS = ("INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD")

Record = dict[str, Any]
Write = Callable[[str], None]


class PhaseFailed(Exception):  # noqa: N818 - the outcome of a phase
    """A phase did not succeed.

    Args:
        code: AWS's status code.
        message: the message for the phase's context.
        status: the phase's status, which becomes the build's.
    """

    def __init__(self, code: str, message: str, status: str = FAILED) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def nothing(_: str) -> None:
    """Takes a line of a log that does not exist yet."""


@contextlib.contextmanager
def phase(record: Record, name: str, write: Write = nothing) -> Iterator[None]:
    """A phase in the build's record; a failure ends it and is raised again."""
    entry: Record = {"phaseType": name, "phaseStatus": IN_PROGRESS, "startTime": clock.now()}
    record["phases"].append(entry)
    record["currentPhase"] = name
    write(f"[Container] Entering phase {name}")
    try:
        yield
    except PhaseFailed as failed:
        entry.update(ended(failed.status, failed.code, failed.message, entry["startTime"]))
        write(f"[Container] Phase complete: {name} State: {failed.status}")
        write(f"[Container] Phase context status code: {failed.code} Message: {failed.message}")
        raise
    entry.update(ended(SUCCEEDED, "", "", entry["startTime"]))
    write(f"[Container] Phase complete: {name} State: {SUCCEEDED}")


def ended(status: str, code: str, message: str, began: datetime.datetime | None = None) -> Record:
    """What the end of a phase adds to its record."""
    end = clock.now()
    return {
        "phaseStatus": status,
        "endTime": end,
        "durationInSeconds": int((end - (began or end)).total_seconds()),
        "contexts": [{"statusCode": code, "message": message}],
    }


def run(
    spec: Buildspec, shell: Shell, record: Record, write: Write, *, stopped: Callable[[], bool]
) -> tuple[PhaseFailed | None, bool]:
    """Run the commands of all phases.

    Args:
        spec: the buildspec.
        shell: the shell that runs them.
        record: the build's record.
        write: takes the lines of the log.
        stopped: whether StopBuild was called.

    Returns:
        The first failure, and whether artifacts are to be uploaded: also after a failed build, as on AWS, but
        not after a failure that lets no later phase run.
    """
    failure: PhaseFailed | None = None
    for name in _COMMANDS:
        section = spec.phases.get(name.lower(), Phase())
        try:
            with phase(record, name, write):
                _run_phase(shell, section, write, succeeding=failure is None, stopped=stopped)
        except PhaseFailed as failed:
            failure = failure or failed
            if failed.status != FAILED:
                return failed, False
            if not section.goes_on(name.lower()):
                return failure, False
    return failure, True


def _run_phase(
    shell: Shell, section: Phase, write: Write, *, succeeding: bool, stopped: Callable[[], bool]
) -> None:
    failed: PhaseFailed | None = None
    for command in section.commands:
        failed = _run_command(shell, command, write, succeeding=succeeding, stopped=stopped)
        if failed is not None:
            break
    for command in section.last:
        so_far = succeeding and failed is None
        also = _run_command(shell, command, write, succeeding=so_far, stopped=stopped)
        failed = failed or also
    if failed is not None:
        raise failed


def _run_command(
    shell: Shell, command: str, write: Write, *, succeeding: bool, stopped: Callable[[], bool]
) -> PhaseFailed | None:
    write(f"[Container] Running command {command}")
    try:
        status = shell.run(f"export CODEBUILD_BUILD_SUCCEEDING={int(succeeding)}\n{command}")
    except Stopped:
        if stopped():
            raise PhaseFailed("", "", STOPPED) from None
        raise PhaseFailed(LATE, "Build has timed out.", TIMED_OUT) from None
    if status == 0:
        return None
    message = f"Error while executing command: {command}. Reason: exit status {status}"
    return PhaseFailed("COMMAND_EXECUTION_ERROR", message)
