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

log = logging.getLogger("mdlc_local.states")

SESSION = "StepFunctionsLogs"
_MAX_BATCH = 500


class MachineLog:
    """The log of one execution; takes the place of moto's `CloudWatchLoggingSession`."""

    def __init__(
        self, execution_arn: str, machine_name: str, level: str, include_data: bool, group_arn: str
    ) -> None:
        self.execution_arn = execution_arn
        self.configuration = self
        self.include_execution_data = include_data
        self._level = level
        parts = group_arn.split(":")
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
    """The log of a new execution of `machine` (ministack's record), or None when it logs nothing.

    A machine made by CloudFormation keeps its logging configuration in the template's casing.
    """
    configuration = {
        key[:1].lower() + key[1:]: value for key, value in machine["loggingConfiguration"].items()
    }
    level = configuration.get("level", "OFF")
    group_arn = log_group_arn(configuration)
    if level == "OFF" or group_arn is None:
        return None
    include_data = str(configuration.get("includeExecutionData", False)).lower() == "true"
    return MachineLog(execution_arn, machine["name"], level, include_data, group_arn)


def log_group_arn(configuration: dict[str, Any]) -> str | None:
    """The log group in a logging configuration, in the API's or the template's casing."""
    for destination in configuration.get("destinations") or []:
        group = destination.get("cloudWatchLogsLogGroup") or destination.get("CloudWatchLogsLogGroup") or {}
        arn = group.get("logGroupArn") or group.get("LogGroupArn")
        if arn:
            return str(arn)
    return None
