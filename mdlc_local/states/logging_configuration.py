"""A state machine's logging configuration, in the API's casing or the template's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class LoggingConfiguration:
    """What a machine logs.

    Attributes:
        level: OFF, ALL, ERROR or FATAL.
        include_data: whether inputs and outputs are logged.
        group_arn: the log group.
    """

    level: str
    include_data: bool
    group_arn: str

    @staticmethod
    def of(request: Mapping[str, Any]) -> "LoggingConfiguration | None":
        """Read the request's or the template's configuration; None when nothing is logged.

        CloudFormation keeps a template's configuration as it stands there, in Pascal case.
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
