"""How a failed evaluation stands in the history and ends a state: once, with its place, state and event."""

from typing import Any

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

from mdlc_local.states import entered
from mdlc_local.states.history import Told

BEFORE_THE_STATE = (
    "Arguments",
    "Items",
    "TimeoutSeconds",
    "HeartbeatSeconds",
    "MaxConcurrency",
    "Credentials",
)
"""Fields that Step Functions evaluates before a state does anything: a failure follows what came before the
state."""


class EvaluationFailure(FailureEventException):
    """An evaluation failed, and the history says so already."""

    def get_evaluation_failed_event_details(self) -> Any:
        """What moto would add to the history once more."""
        return Told()


def evaluation_failure(environment: Any, cause: str, place: str) -> EvaluationFailure:
    """Add the failure to the history; returns what to raise.

    Args:
        environment: moto's environment of the execution.
        cause: what failed, without the state.
        place: the field in the state.
    """
    name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    state = entered.of(environment)
    details = EvaluationFailedEventDetails(
        cause=entered.cause_in_state(environment, cause), error=name.error_name
    )
    details["location"] = place
    if state is not None:
        details["state"] = state["Name"]
    context = environment.event_history_context
    if state is not None and place.partition("/")[0].partition("[")[0] in BEFORE_THE_STATE:
        context.source_event_id = state.before
    environment.event_manager.add_event(
        context=context,
        event_type=HistoryEventType.EvaluationFailed,
        event_details=EventDetails(evaluationFailedEventDetails=details),
    )
    told = Told(cause=cause, error=name.error_name, location=place)
    return EvaluationFailure(
        failure_event=FailureEvent(
            env=environment,
            error_name=name,
            event_type=HistoryEventType.EvaluationFailed,
            event_details=EventDetails(evaluationFailedEventDetails=told),
        )
    )
