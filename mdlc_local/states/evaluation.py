"""How a failed evaluation stands in the history and ends a state: once, with its place, state and event."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from mdlc_local import patches
from mdlc_local.states import entered
from mdlc_local.states.history import ReportedDetails

MAP = "moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map:StateMap"


if TYPE_CHECKING:

    class FailureEventError(Exception):
        """What is used here of moto's class."""

        def __init__(self, failure_event: Any) -> None: ...

else:
    FailureEventError = FailureEventException


class EvaluationFailedError(FailureEventError):
    """An evaluation failed, and the history says so already."""

    def get_evaluation_failed_event_details(self) -> Any:
        """What moto would add to the history once more."""
        return ReportedDetails()


def install() -> None:
    """Say what a Map state got that is no array."""
    patches.wrap(MAP, "_eval_execution", "self env", _needing_an_array)


def _needing_an_array(evaluate: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def evaluating(self: Any, env: Any) -> None:
        items = env.stack[-1]
        own = self.items is None and self.items_path is None and self.item_reader is None
        if own and not isinstance(items, list):
            text = json.dumps(items, separators=(",", ":"), ensure_ascii=False)
            cause = f"Map state input must be an array but was: {text}"
            raise evaluation_failure(env, cause, "")
        evaluate(self, env)

    return evaluating


def evaluation_failure(environment: Any, cause: str, place: str) -> EvaluationFailedError:
    """Add the failure to the history; returns what to raise.

    Args:
        environment: moto's environment of the execution.
        cause: what failed, without the state.
        place: the field in the state, or "" when it is the state's input.
    """
    name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    state = entered.of(environment)
    details = EvaluationFailedEventDetails(
        cause=entered.cause_in_state(environment, cause), error=name.error_name
    )
    context = environment.event_history_context
    if place:
        details["location"] = place
    if state is not None:
        details["state"] = state["Name"]
        if place != "Timestamp":
            # The failure follows what came before the state, as AWS has it.
            context.source_event_id = state.before
    environment.event_manager.add_event(
        context=context,
        event_type=HistoryEventType.EvaluationFailed,
        event_details=EventDetails(evaluationFailedEventDetails=details),
    )
    reported = ReportedDetails(cause=cause, error=name.error_name, location=place)
    return EvaluationFailedError(
        failure_event=FailureEvent(
            env=environment,
            error_name=name,
            event_type=HistoryEventType.EvaluationFailed,
            event_details=EventDetails(evaluationFailedEventDetails=reported),
        )
    )
