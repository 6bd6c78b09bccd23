"""Patches an execution's history: a failed evaluation appears once, and nothing follows the end."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType

from mdlc_local import patches

MANAGER = "moto.stepfunctions.parser.asl.eval.event.event_manager:EventManager"

ENDS = frozenset(
    {
        HistoryEventType.ExecutionSucceeded,
        HistoryEventType.ExecutionFailed,
        HistoryEventType.ExecutionTimedOut,
        HistoryEventType.ExecutionAborted,
    }
)


class ReportedDetails(dict[str, Any]):
    """Details of an event that is already in the history."""


def add_end(environment: Any, event_type: Any, details: dict[str, Any]) -> None:
    """Add the event that ends an execution, unless it has already ended.

    Args:
        environment: moto's environment of the execution.
        event_type: one of `ENDS`.
        details: the event's details, by the name of their member.
    """
    environment.event_manager.add_event(
        context=environment.event_history_context, event_type=event_type, event_details=details
    )


def previous_of(manager: Any, event_id: int) -> int:
    """The id of the event before the event `event_id`, from moto's event manager."""
    with manager._mutex:
        events = manager._history_event_list
        return int(events[event_id - 1]["previousEventId"]) if 0 < event_id <= len(events) else 0


def install() -> None:
    """Patch moto's event manager."""
    patches.wrap(
        MANAGER,
        "add_event",
        "self context event_type event_details timestamp update_source_event_id",
        _adding_once,
    )


def _adding_once(add: Callable[..., int]) -> Callable[..., int]:
    def adding(
        self: Any,
        context: Any,
        event_type: Any,
        event_details: Any = None,
        timestamp: Any = None,
        update_source_event_id: bool = True,
    ) -> int:
        reported = any(isinstance(details, ReportedDetails) for details in (event_details or {}).values())
        if reported or getattr(self, "ended", False):
            return int(context.last_published_event_id)
        if event_type in ENDS:
            self.ended = True
        event_id = add(
            self,
            context=context,
            event_type=event_type,
            event_details=event_details,
            timestamp=timestamp,
            update_source_event_id=update_source_event_id,
        )
        if event_type == HistoryEventType.MapRunStarted:
            context.map_run = event_id
        elif event_type == HistoryEventType.MapStateSucceeded:
            # The exit of a Distributed Map has the start of its Map Run as previous event.
            context.source_event_id = getattr(context, "map_run", context.source_event_id)
        return event_id

    return adding
