"""Records the entry into each state, for the context object and the causes of failures."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mdlc_local import patches
from mdlc_local.states import history

STATE = "moto.stepfunctions.parser.asl.component.state.state:CommonStateField"
FAILURE = "moto.stepfunctions.parser.asl.component.common.error_name.failure_event:FailureEvent"
FAILED = f"{FAILURE}Exception"
WORKER = "moto.stepfunctions.parser.backend.execution_worker:ExecutionWorker"


_IN_STATE = "An error occurred while executing the state '"


class Entered(dict[str, Any]):
    """The context object's ``State``, with the ids of history events.

    Attributes:
        event: the id of the event of entering the state.
        before: the id of the event before that.
    """

    event: int = 0
    before: int = 0


def of(environment: Any) -> Entered | None:
    """The current state of moto's `environment`, or None before the first state."""
    state = environment.states.context_object.context_object_data.get("State")
    return state if isinstance(state, Entered) else None


def cause_in_state(environment: Any, cause: str) -> str:
    """`cause` with the state's name and the id of its entry event, in Step Functions' words."""
    state = of(environment)
    if state is None:
        return cause
    return f"{_IN_STATE}{state['Name']}' (entered at the event id #{state.event}). {cause}"


def now() -> str:
    """The current time in the context object's format."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def install() -> None:
    """Patch moto to record the entries."""
    patches.wrap(STATE, "_eval_state_input", "self env", _entering)
    patches.wrap(FAILURE, "__init__", "self env error_name event_type event_details", _naming_the_state)
    patches.wrap(FAILED, "get_execution_failed_event_details", "self", _reporting_once)
    patches.wrap(WORKER, "_get_evaluation_environment", "self", _counting_redrives)


def _entering(evaluate: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def entering(self: Any, env: Any) -> None:
        # moto calls this right after it has added the event and set the context object's State.
        state = Entered(EnteredTime=now(), Name=self.name)
        state.event = env.event_history_context.source_event_id
        state.before = history.previous_of(env.event_manager, state.event)
        env.states.context_object.context_object_data["State"] = state
        evaluate(self, env)

    return entering


def _naming_the_state(begin: Callable[..., None]) -> Callable[..., None]:
    def naming(self: Any, env: Any, error_name: Any, event_type: Any, event_details: Any = None) -> None:
        begin(self, env=env, error_name=error_name, event_type=event_type, event_details=event_details)
        state = of(env)
        if state is not None:
            self.state_name, self.source_event_id = state["Name"], state.event

    return naming


def _reporting_once(describe: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Do not add the state's name to a cause from a branch, which already has it."""

    def described(self: Any) -> Any:
        details, error_and_cause = describe(self), self.extract_error_cause_pair()
        if details and error_and_cause and str(error_and_cause[1]).startswith(_IN_STATE):
            details["cause"] = error_and_cause[1]
        return details

    return described


def _counting_redrives(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def built(self: Any) -> Any:
        environment = build(self)
        if environment.is_standard_workflow():  # redrives are not implemented, so the count is 0
            environment.states.context_object.context_object_data["Execution"]["RedriveCount"] = 0
        return environment

    return built
