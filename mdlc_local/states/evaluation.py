"""Failed evaluations: adds the failure to the history once, with its field, state and event."""

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
        """The members of moto's class that are used here, for the type checker."""

        def __init__(self, failure_event: Any) -> None: ...

else:
    FailureEventError = FailureEventException


class EvaluationFailedError(FailureEventError):
    """An evaluation failed, and its event is already in the history."""

    def get_evaluation_failed_event_details(self) -> Any:
        """Details that mark the event as reported, so that moto does not add it again."""
        return ReportedDetails()


def install() -> None:
    """Patch moto's Map state to fail with AWS's message when its input is not an array."""
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
    """Add the failure to the history; returns the exception to raise.

    Args:
        environment: moto's environment of the execution.
        cause: the cause, without the state's name.
        place: the path of the field in the state, or "" for the state's input.
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
            # As on AWS, the failure's previous event is the one before the state's entry.
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
