"""The log of a job or a build: writes each line to a file at once and to CloudWatch Logs soon after."""

import logging
import queue
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger("mdlc_local.log_streams")

_FLUSH_SECONDS = 0.5
_BATCH_EVENTS = 1000
_BATCH_CHARACTERS = 250_000  # PutLogEvents takes 1 MiB; a character has at most four bytes
_MAX_EVENT_CHARACTERS = 60_000
_TAIL_LINES = 15


class LogStream:
    """One stream of a CloudWatch Logs group, mirrored to a file.

    As on AWS, an error in writing never fails a job: if the role lacks permission, only the file is written.
    """

    def __init__(self, client: Any, group: str, stream: str, path: Path, *, exists: bool = False) -> None:
        self._client = client
        self._group = group
        self._stream = stream
        self._is_created = exists
        self._silent = False
        self._lines: queue.SimpleQueue[tuple[int, str] | None] = queue.SimpleQueue()
        self._recent: list[str] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._sender = threading.Thread(target=self._send_all, daemon=True, name=f"logs {stream}")

    def __enter__(self) -> "LogStream":
        self._sender.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.put(None)
        self._sender.join()
        self._file.close()

    def write(self, line: str) -> None:
        """Add one line."""
        self._file.write(line + "\n")
        if line.strip():
            self._recent = [*self._recent[1 - _TAIL_LINES :], line]
            self._lines.put((int(time.time() * 1000), line[:_MAX_EVENT_CHARACTERS]))

    def tail(self) -> str:
        """The last lines of the log, for error messages."""
        return "\n".join(self._recent)

    def _send_all(self) -> None:
        ended = False
        while not ended:
            ended, events = self._collect()
            if events and not self._silent:
                self._send(events)

    def _collect(self) -> tuple[bool, list[dict[str, Any]]]:
        """Wait for a line, then collect the lines of the next `_FLUSH_SECONDS`.

        Returns:
            Whether the stream has been closed, and the events.
        """
        events: list[dict[str, Any]] = []
        deadline: float | None = None
        characters = 0
        while len(events) < _BATCH_EVENTS and characters < _BATCH_CHARACTERS - _MAX_EVENT_CHARACTERS:
            try:
                wait = None if deadline is None else max(0.0, deadline - time.monotonic())
                item = self._lines.get(timeout=wait)
            except queue.Empty:
                return False, events
            if item is None:
                return True, events
            if deadline is None:
                deadline = time.monotonic() + _FLUSH_SECONDS
            characters += len(item[1])
            events.append({"timestamp": item[0], "message": item[1]})
        return False, events

    def _send(self, events: list[dict[str, Any]]) -> None:
        try:
            if not self._is_created:
                self._make()
            self._client.put_log_events(
                logGroupName=self._group, logStreamName=self._stream, logEvents=events
            )
        except (ClientError, BotoCoreError) as error:
            self._silent = True
            log.warning("no CloudWatch logs for %s %s: %s", self._group, self._stream, error)

    def _make(self) -> None:
        """Create the log group and the stream, unless they exist."""
        for create, names in (
            (self._client.create_log_group, {"logGroupName": self._group}),
            (self._client.create_log_stream, {"logGroupName": self._group, "logStreamName": self._stream}),
        ):
            try:
                create(**names)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                    raise
        self._is_created = True
