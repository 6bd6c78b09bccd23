"""Both casings of a logging configuration are read alike."""

from typing import Any

import pytest

from mdlc_local.states.logging_configuration import LoggingConfiguration

API = {
    "level": "ALL",
    "includeExecutionData": True,
    "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "arn"}}],
}
TEMPLATE = {
    "Level": "ALL",
    "IncludeExecutionData": "true",
    "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": "arn"}}],
}


@pytest.mark.parametrize("given", [API, TEMPLATE])
def test_reads(given: dict[str, Any]) -> None:
    assert LoggingConfiguration.of(given) == LoggingConfiguration(
        level="ALL", include_data=True, group_arn="arn"
    )


@pytest.mark.parametrize("given", [{}, API | {"level": "OFF"}, {"level": "ALL"}])
def test_nothing_is_logged(given: dict[str, Any]) -> None:
    assert LoggingConfiguration.of(given) is None
