"""Activities in state machines: queues their tasks for workers, and waits for the outcome."""

import contextvars
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)

from mdlc_local import patches
from mdlc_local.states import ends

PARSER = "moto.stepfunctions.parser.asl"
TASK = f"{PARSER}.component.state.exec.state_task.state_task_activitiy:StateTaskActivity"
CALLBACK = f"{PARSER}.eval.callback.callback:CallbackEndpoint"
START = f"{PARSER}.eval.callback.callback:ActivityTaskStartEndpoint"


class Activities:
    """The activities of an account and region, for moto's interpreter.

    Must be created on a thread that serves a request, because the interpreter's threads have no account.
    """

    def __init__(self) -> None:
        self._context = contextvars.copy_context()

    def get(self, arn: str) -> "Activities._Tasks | None":
        """The tasks of an activity, or None when there is no such activity."""
        known = self._context.copy().run(lambda: arn in stepfunctions._activities)
        return Activities._Tasks(self._context.copy(), arn) if known else None

    class _Tasks:
        def __init__(self, context: contextvars.Context, arn: str) -> None:
            self._context = context
            self._arn = arn

        def add_task(self, task: Any) -> None:
            """Queue moto's task for a worker."""
            waiting = {"taskToken": task.task_token, "input": task.task_input}
            self._context.run(lambda: stepfunctions._activity_tasks[self._arn].append(waiting))


def install() -> None:
    """Make moto's activity tasks wait for workers of this server."""
    patches.wrap(TASK, "_eval_execution", "self env", _existing)
    patches.wrap(START, "__init__", "self", _without_outcome)
    patches.wrap(CALLBACK, "setup_heartbeat_endpoint", "self heartbeat_seconds", _hearing_at_once)


def _existing(evaluate: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def evaluating(self: Any, env: Any) -> None:
        arn = self.resource.resource_arn
        if env.activity_store.get(arn) is None:
            cause = f"The activity {arn} does not exist."
            raise ends.state_failure(env, StatesErrorNameType.StatesRuntime, cause)
        evaluate(self, env)

    return evaluating


def _without_outcome(begin: Callable[[Any], None]) -> Callable[[Any], None]:
    def beginning(self: Any) -> None:
        # moto only sets it when a worker starts the task, but also reads it when none does in time.
        self._outcome = None
        begin(self)

    return beginning


def _hearing_at_once(begin: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def beginning(self: Any, heartbeat_seconds: Any) -> Any:
        beats = begin(self, heartbeat_seconds)
        if self.get_outcome() is not None:  # the outcome arrived before the wait for heartbeats began
            beats.notify()
        return beats

    return beginning
