"""A state machine's logging configuration, from the API (camel case) or a template (Pascal case)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class LoggingConfiguration:
    """A machine's logging configuration.

    Attributes:
        level: ALL, ERROR or FATAL.
        include_data: whether inputs and outputs are logged.
        group_arn: the log group's ARN.
    """

    level: str
    include_data: bool
    group_arn: str

    @staticmethod
    def of(request: Mapping[str, Any]) -> "LoggingConfiguration | None":
        """The configuration of a request or a template, or None when it disables logging.

        ministack's CloudFormation stores a template's configuration unchanged, in Pascal case.
        """
        configuration = _camel(request)
        level = configuration.get("level", "OFF")
        for destination in configuration.get("destinations") or []:
            arn = (destination.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn")
            if arn and level != "OFF":
                include_data = str(configuration.get("includeExecutionData", False)).lower() == "true"
                return LoggingConfiguration(level=level, include_data=include_data, group_arn=arn)
        return None


def _camel(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: _camel(member) for key, member in value.items()}
    return [_camel(item) for item in value] if isinstance(value, list) else value
