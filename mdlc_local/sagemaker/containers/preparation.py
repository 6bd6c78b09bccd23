"""Makes the interpreter of a local runtime when a job or a model first needs it, as AWS pulls an image."""

import logging
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mdlc_local import children
from mdlc_local.sagemaker.faults import JobFailedError

log = logging.getLogger("mdlc_local.sagemaker")

_LOOK_SECONDS = 0.2

_interpreters: dict[tuple[str, ...], str] = {}
_locks: dict[tuple[str, ...], threading.Lock] = {}
_guard = threading.Lock()


class PullStoppedError(JobFailedError):
    """The job was stopped while its runtime was being made."""


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """A command that makes an interpreter, or finds it made, and prints its path.

    Attributes:
        what: the runtime, for messages, such as ``kmeans: scikit-learn 1.9.1, 60 MB``.
        command: the command. Its standard error is its progress; the last line is the reason when it fails.
    """

    what: str
    command: tuple[str, ...]

    def python(self, note: Callable[[str], None], stop: threading.Event) -> str:
        """The interpreter's path; the command runs once a server.

        Args:
            note: a function that takes lines of progress; not called when this server knows the interpreter.
            stop: ends the command when it is set.

        Raises:
            JobFailedError: when the command fails.
            PullStoppedError: when `stop` was set.
        """
        with _guard:
            lock = _locks.setdefault(self.command, threading.Lock())
        while not lock.acquire(timeout=_LOOK_SECONDS):
            if stop.is_set():
                raise PullStoppedError(f"stopped while waiting for the local runtime of {self.what}")
        try:
            known = _interpreters.get(self.command)
            if known is None or not Path(known).exists():
                note(f"Pulling the local runtime of {self.what}")
                known = _interpreters[self.command] = self._run(note, stop)
            return known
        finally:
            lock.release()

    def _run(self, note: Callable[[str], None], stop: threading.Event) -> str:
        with tempfile.TemporaryFile("w+") as printed:
            try:
                process = children.start(
                    self.command,
                    env=_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=printed,
                    stderr=subprocess.PIPE,
                    text=True,
                    errors="replace",
                )
            except OSError as error:
                reason = f"cannot start {self.command[0]!r}: {error.strerror}"
                raise JobFailedError(self._failure(reason)) from error
            last = [""]
            reader = threading.Thread(target=_read, args=(process, note, last), daemon=True)
            reader.start()
            while process.poll() is None and not stop.is_set():
                try:
                    process.wait(_LOOK_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
            ended = process.returncode
            children.end(process)
            reader.join(timeout=5)
            if ended is None:
                raise PullStoppedError(f"stopped while the local runtime of {self.what} was being made")
            printed.seek(0)
            path = printed.read().strip()
        if ended != 0:
            raise JobFailedError(self._failure(last[0] or f"{self.command[0]} ended with status {ended}"))
        if not Path(path).is_file():
            raise JobFailedError(self._failure(f"its command printed {path!r}, which is no interpreter"))
        return path

    def _failure(self, reason: str) -> str:
        log.warning("no local runtime of %s: %s", self.what, reason)
        return f"ClientError: the local runtime of {self.what} could not be made: {reason}"


def _read(process: "subprocess.Popen[str]", note: Callable[[str], None], last: list[str]) -> None:
    assert process.stderr is not None
    with process.stderr as lines:
        for line in lines:
            if line.strip():
                last[0] = line.strip()
                note(line.rstrip())


def _environment() -> dict[str, str]:
    """This server's variables, with mirrors, proxies and caches, without its credentials."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
