"""One shell that runs a build's commands one after the other, so that they share directory and variables."""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from mdlc_local import children

_POLL_SECONDS = 0.05
_READ_SECONDS = 5.0


class Stopped(Exception):  # noqa: N818 - an order to end, not an error of the command
    """The build was stopped, or took too long, while a command ran."""


class Shell:
    """A shell process in its own process group.

    A command that ends the shell (`exit 1`) ends with that status, and the next command gets a new shell with
    the last directory and exported variables, as on AWS, where every command returns to the build.

    Args:
        program: the shell's program.
        folder: a folder for the commands' files, which no command needs to know.
        directory: where the first command runs.
        environment: the variables of the first command.
        write: a function that takes each line of output.
        ends: a function that says whether the build must end now.
    """

    def __init__(
        self,
        *,
        program: str,
        folder: Path,
        directory: Path,
        environment: Mapping[str, str],
        write: Callable[[str], None],
        ends: Callable[[], bool],
    ) -> None:
        self._program, self._folder, self._write, self._ends = program, folder, write, ends
        self._directory = directory
        self.environment = dict(environment)
        self._process: subprocess.Popen[Any] | None = None
        self._reader: threading.Thread | None = None
        self._number = 0

    def run(self, command: str) -> int:
        """Run a command; returns its exit status.

        Raises:
            Stopped: when `ends` became true; the command's processes have then ended.
        """
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._process is not None
        assert self._process.stdin is not None
        self._number += 1
        name = f"{self._number:04d}"
        (self._folder / f"{name}.sh").write_text(command + "\n")
        state = self._folder / name
        # The command is sourced, so that it changes this shell; it reads nothing of what comes after it.
        lines = (
            f". '{state}.sh' </dev/null; mdlc_status=$?\n"
            f"pwd > '{state}.pwd'; env -0 > '{state}.env'; echo $mdlc_status > '{state}.new'\n"
            f"mv '{state}.new' '{state}.status'\n"
        )
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(lines.encode())
            self._process.stdin.flush()
        status_file = state.with_suffix(".status")
        while not status_file.exists():
            if self._ends():
                self.end()
                raise Stopped
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_POLL_SECONDS)
                break
            time.sleep(0)
        if not status_file.exists():
            code = self._process.wait()
            self._drain()
            return code if code >= 0 else 128 - code
        self._remember(state)
        return int(status_file.read_text())

    def end(self) -> None:
        """End the shell with everything that it started."""
        if self._process is not None:
            children.end(self._process)
            self._drain()
            self._process = None

    def _start(self) -> None:
        self._drain()
        self._process = children.start(
            [self._program],
            cwd=self._directory if self._directory.is_dir() else self._folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = threading.Thread(
            target=self._read, args=(self._process.stdout,), daemon=True, name="build output"
        )
        self._reader.start()

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            with contextlib.suppress(ValueError):  # the log may be closed already
                self._write(line.decode("utf-8", "replace").rstrip("\r\n"))

    def _drain(self) -> None:
        """Wait for the rest of an ended shell's output, and close its pipes."""
        if self._reader is None or self._process is None:
            return
        self._reader.join(_READ_SECONDS)
        # A reader that still waits holds the stream, which a daemon of the build may keep open.
        streams = [self._process.stdin, None if self._reader.is_alive() else self._process.stdout]
        self._reader = None
        for stream in streams:
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    def _remember(self, state: Path) -> None:
        self._directory = Path(state.with_suffix(".pwd").read_text().rstrip("\n"))
        entries = os.fsdecode(state.with_suffix(".env").read_bytes()).split("\0")
        self.environment = dict(entry.split("=", 1) for entry in entries if "=" in entry)
