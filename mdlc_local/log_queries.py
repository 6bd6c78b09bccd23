"""Refuses queries of CloudWatch Logs Insights with commands that ministack would pass over.

It would answer `stats count(*)` with the single events, as a complete result.
"""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import patches

SERVICE = "ministack.services.cloudwatch_logs"
COMMANDS = ("fields", "filter", "limit", "sort")
"""The commands that the base applies."""


def install(app: ModuleType) -> None:
    """Check each query before it runs."""
    del app
    patches.wrap(SERVICE, "_start_query", "data", _checked)


def refusal(stages: list[str]) -> str | None:
    """Why a query, split into its commands, is refused; or None."""
    for stage in stages:
        command = (stage.split() or [""])[0].lower()
        if command and command not in COMMANDS:
            return (
                f"the embedded AWS does not apply the command {command!r} of a query: it has "
                f"{', '.join(COMMANDS)}; read the events and compute the rest yourself"
            )
    return None


def _checked(start: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    split = patches.take(SERVICE, "_split_insights_pipes")

    def started(data: dict[str, Any]) -> Any:
        reason = refusal(list(split(str(data.get("queryString") or ""))))
        if reason is not None:
            responses = importlib.import_module("ministack.core.responses")
            return responses.error_response_json("MalformedQueryException", reason, 400)
        return start(data)

    return started
