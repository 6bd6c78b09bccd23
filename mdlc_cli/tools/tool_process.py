"""Runs a tool to its end, passes on its output lines and keeps the last ones for an error."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mdlc_cli.errors import MissingToolError, ToolFailedError

KEPT_LINES = 25

# Set by an activated environment or a wrapper; with them, the tool would use this Python and not its own.
_FOREIGN_VARIABLES = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "UV_PYTHON", "CONDA_PREFIX")


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment, with mirrors, certificates and proxies, without variables that select a Python."""
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN_VARIABLES}
    return {**kept, **(extra or {})}


def run_tool(
    arguments: Sequence[str | Path],
    *,
    what: str,
    remedy: str,
    on_line: Callable[[str], None] = lambda line: None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> None:
    """Runs a tool; ``what`` and ``remedy`` are parts of the error message when it fails.

    Raises:
        MissingToolError: the program does not exist.
        ToolFailedError: the exit status is not 0; the detail has the last output lines.
    """
    command = [str(argument) for argument in arguments]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=dict(environment) if environment is not None else clean_environment(),
            cwd=folder,
        )
    except FileNotFoundError as error:
        raise MissingToolError(f"{what} needs {command[0]}, which is not there: {remedy}") from error
    last: deque[str] = deque(maxlen=KEPT_LINES)
    with process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                last.append(line.rstrip())
                on_line(line.rstrip())
        except BaseException:
            # After Ctrl-C or an error in on_line, leaving the block would wait for the tool's end.
            process.terminate()
            raise
    if process.returncode != 0:
        raise ToolFailedError(
            f"{what} failed with status {process.returncode}: {remedy}", detail="\n".join(last)
        )
