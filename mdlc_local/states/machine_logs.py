"""Writes executions' logs to a state machine's CloudWatch log group, by its logging configuration."""

import contextlib
import contextvars
import datetime
import functools
import json
import logging
import queue
import threading
import uuid
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.eval.event.logging import is_logging_enabled_for
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from mdlc_local import clients
from mdlc_local.bulk_sender import BulkSender
from mdlc_local.states import log_delivery
from mdlc_local.states.logging_configuration import LoggingConfiguration

log = logging.getLogger("mdlc_local.states")

SESSION = "StepFunctionsLogs"
_MAX_BATCH = 500

Line = dict[str, Any]


def _stream_name(machine_name: str) -> str:
    minute = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d-%H-%M")
    return f"states/{machine_name}/{minute}/{uuid.uuid4().hex[:8]}"


class _Session:
    """The log of one execution; replaces moto's `CloudWatchLoggingSession`."""

    def __init__(self, execution_arn: str, configuration: LoggingConfiguration) -> None:
        self.execution_arn = execution_arn
        self.configuration = self
        self.include_execution_data = configuration.include_data
        self._level = configuration.level

    def log_level_filter(self, history_event_type: Any) -> bool:
        """Whether events of this type are logged at the configured level."""
        return bool(is_logging_enabled_for(log_level=self._level, history_event_type=history_event_type))

    def publish_history_log(self, history_log: dict[str, Any]) -> None:
        """Log one event of the execution's history."""
        stamp = history_log["event_timestamp"]
        if isinstance(stamp, str):
            stamp = datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00"))
        milliseconds = int(stamp.timestamp() * 1000)
        message = json.loads(to_json_str(history_log)) | {"event_timestamp": str(milliseconds)}
        self._put({"timestamp": milliseconds, "message": json.dumps(message)})

    def _put(self, line: Line) -> None:
        """Write one line."""


class ExpressLog(_Session):
    """The log of an Express execution; a machine's executions share one stream, written with a delay."""

    def __init__(self, execution_arn: str, machine_name: str, configuration: LoggingConfiguration) -> None:
        super().__init__(execution_arn, configuration)
        self._sender = _shared(configuration.group_arn, machine_name)

    def _put(self, line: Line) -> None:
        self._sender.add(line)


@functools.cache
def _shared(group_arn: str, machine_name: str) -> BulkSender[Line]:
    region, group = group_arn.split(":")[3], group_arn.split(":")[6]
    stream = _stream_name(machine_name)

    def send(lines: list[Line]) -> None:
        logs = clients.client("logs", role_arn=None, region=region, session=SESSION)
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        for start in range(0, len(lines), _MAX_BATCH):
            some = lines[start : start + _MAX_BATCH]
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=some)

    return BulkSender(f"log of {machine_name}", send)


class MachineLog(_Session):
    """The log of a standard execution: one stream per execution, written in a background thread."""

    def __init__(self, execution_arn: str, machine_name: str, configuration: LoggingConfiguration) -> None:
        super().__init__(execution_arn, configuration)
        parts = configuration.group_arn.split(":")
        self._region, self._group = parts[3], parts[6]
        self._stream = _stream_name(machine_name)
        self._lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        # The writer needs the account of the request that started the execution.
        context = contextvars.copy_context()
        self._writer = threading.Thread(
            target=context.run, args=(self._write,), daemon=True, name="machine-log"
        )
        self._writer.start()

    def _put(self, line: Line) -> None:
        self._lines.put(line)

    def close(self, timeout_seconds: float = 5) -> None:
        """Write the remaining lines and end the writer, waiting for it at most `timeout_seconds`."""
        self._lines.put(None)
        self._writer.join(timeout_seconds)

    def _write(self) -> None:
        logs = clients.client("logs", role_arn=None, region=self._region, session=SESSION)
        try:
            logs.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
            more = True
            while more:
                events = [self._lines.get()]
                with contextlib.suppress(queue.Empty):
                    while events[-1] is not None and len(events) < _MAX_BATCH:
                        events.append(self._lines.get_nowait())
                more = events[-1] is not None
                lines = [event for event in events if event is not None]
                if lines:
                    logs.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=lines)
        except ClientError as error:
            log.warning("log of %s not written: %s", self.execution_arn, error)


def of_machine(machine: dict[str, Any], execution_arn: str) -> MachineLog | None:
    """The log of a new execution of `machine` (ministack's record), or None when it has no logging."""
    configuration = _configured(machine)
    return None if configuration is None else MachineLog(execution_arn, machine["name"], configuration)


def of_express(machine: dict[str, Any], execution_arn: str) -> ExpressLog | None:
    """Like `of_machine`, for an Express machine."""
    configuration = _configured(machine)
    return None if configuration is None else ExpressLog(execution_arn, machine["name"], configuration)


def _configured(machine: dict[str, Any]) -> LoggingConfiguration | None:
    configuration = LoggingConfiguration.of(machine["loggingConfiguration"])
    reason = None if configuration is None else log_delivery.refusal(machine)
    if reason is None:
        return configuration
    log.warning("%s writes no log: %s", machine["name"], reason)
    return None
