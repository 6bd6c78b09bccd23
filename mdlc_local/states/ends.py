"""Ends of executions that moto lacks: timeout, no matching choice, data beyond the size limit."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramTimedOut
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from mdlc_local import patches
from mdlc_local.states import entered, history

PARSER = "moto.stepfunctions.parser"
PROGRAM = f"{PARSER}.asl.component.program.program:Program"
CHOICE = f"{PARSER}.asl.component.state.choice.state_choice:StateChoice"
QUOTA_TAKERS = (
    f"{PARSER}.asl.component.state.state",
    f"{PARSER}.asl.component.state.exec.state_task.service.state_task_service",
    f"{PARSER}.asl.component.state.exec.state_task.state_task_lambda",
)
"""Modules that imported moto's check of a result's size by `from ... import`."""

MAX_DATA_BYTES = 262144
"""The size limit of the input and output of a state and of an execution, in bytes of UTF-8."""

NO_CHOICE = "Failed to transition out of the state. The state does not point to a next state."


def within_limit(value: Any) -> bool:
    """Whether `value` is within the size limit of a state's input or output."""
    text = value if isinstance(value, str) else to_json_str(value, separators=(",", ":"))
    return len(text.encode("utf-8", "surrogatepass")) <= MAX_DATA_BYTES


def state_failure(environment: Any, reserved: StatesErrorNameType, cause: str) -> FailureEventException:
    """A failure of the whole execution with one of the reserved error names of the States Language."""
    name = StatesErrorName(typ=reserved)
    details = ExecutionFailedEventDetails(error=name.error_name, cause=cause)
    return FailureEventException(
        failure_event=FailureEvent(
            env=environment,
            error_name=name,
            event_type=HistoryEventType.ExecutionFailed,
            event_details=EventDetails(executionFailedEventDetails=details),
        )
    )


def install() -> None:
    """Patch moto's interpreter."""
    patches.wrap(PROGRAM, "eval", "self env", _timing_out)
    patches.wrap(CHOICE, "_eval_state", "self env", _choosing)
    for module in QUOTA_TAKERS:
        patches.take(module, "is_within_size_quota", "value")
        patches.replace(module, "is_within_size_quota", within_limit)


def _timing_out(evaluate: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def timing_out(self: Any, env: Any) -> None:
        evaluate(self, env)
        if not env.is_frame() and isinstance(env.program_state(), ProgramTimedOut):
            # moto's thread may still wait in a call and would add the event after the history is read.
            env.event_history_context.source_event_id = 0
            history.add_end(env, HistoryEventType.ExecutionTimedOut, {"executionTimedOutEventDetails": {}})

    return timing_out


def _choosing(evaluate: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def choosing(self: Any, env: Any) -> None:
        try:
            evaluate(self, env)
        except RuntimeError as error:
            if self.default_state is not None:
                raise
            cause = entered.cause_in_state(env, NO_CHOICE)
            raise state_failure(env, StatesErrorNameType.StatesNoChoiceMatched, cause) from error

    return choosing
