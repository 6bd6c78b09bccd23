"""What a state machine writes to its CloudWatch log group, by its logging configuration."""

import contextlib
import contextvars
import datetime
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
from mdlc_local.states.logging_configuration import LoggingConfiguration

log = logging.getLogger("mdlc_local.states")

SESSION = "StepFunctionsLogs"
_MAX_BATCH = 500


class MachineLog:
    """The log of one execution; takes the place of moto's `CloudWatchLoggingSession`."""

    def __init__(self, execution_arn: str, machine_name: str, configuration: LoggingConfiguration) -> None:
        self.execution_arn = execution_arn
        self.configuration = self
        self.include_execution_data = configuration.include_data
        self._level = configuration.level
        parts = configuration.group_arn.split(":")
        self._region, self._group = parts[3], parts[6]
        minute = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d-%H-%M")
        self._stream = f"states/{machine_name}/{minute}/{uuid.uuid4().hex[:8]}"
        self._lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        # The writer needs the account of the request that started the execution.
        context = contextvars.copy_context()
        self._writer = threading.Thread(
            target=context.run, args=(self._write,), daemon=True, name="machine-log"
        )
        self._writer.start()

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
        self._lines.put({"timestamp": milliseconds, "message": json.dumps(message)})

    def close(self, timeout_seconds: float = 5) -> None:
        """Write what is left."""
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
    """The log of a new execution of `machine` (ministack's record), or None when it logs nothing."""
    configuration = LoggingConfiguration.of(machine["loggingConfiguration"])
    return None if configuration is None else MachineLog(execution_arn, machine["name"], configuration)
