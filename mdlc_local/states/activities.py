"""Activities: what workers outside ask for and machines wait for.

Ministack keeps the activities and lists their waiting tasks; moto's interpreter waits for a task's outcome.
"""

import asyncio
import contextvars
import time
from collections.abc import Callable
from typing import Any

from ministack.core import responses
from ministack.services import stepfunctions
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)

from mdlc_local import seams
from mdlc_local.states import control_plane, ends

PARSER = "moto.stepfunctions.parser.asl"
TASK = f"{PARSER}.component.state.exec.state_task.state_task_activitiy:StateTaskActivity"
CALLBACK = f"{PARSER}.eval.callback.callback:CallbackEndpoint"
START = f"{PARSER}.eval.callback.callback:ActivityTaskStartEndpoint"

ASKING_SECONDS = 60
"""How long GetActivityTask waits for a task."""

LOOK_SECONDS = 0.05


class Activities:
    """The activities of an account and region, as moto's interpreter looks them up.

    Made on a thread that serves a request: the interpreter's own threads know no account.
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
            """Let a worker have the task (moto's)."""
            waiting = {"taskToken": task.task_token, "input": task.task_input}
            self._context.run(lambda: stepfunctions._activity_tasks[self._arn].append(waiting))


async def get_activity_task(data: dict[str, Any]) -> Any:
    """GetActivityTask: the next task of an activity that still waits, or none within a minute."""
    arn = str(data.get("activityArn", ""))
    if arn not in stepfunctions._activities:
        return responses.error_response_json("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'", 400)
    deadline = time.monotonic() + ASKING_SECONDS
    while time.monotonic() < deadline:
        waiting = stepfunctions._activity_tasks.get(arn) or []
        while waiting:
            task = waiting.pop(0)
            if _begin(task["taskToken"], data.get("workerName")):
                return responses.json_response(task)
        await asyncio.sleep(LOOK_SECONDS)
    return responses.json_response({})


def _begin(token: str, worker_name: str | None) -> bool:
    """Tell the execution that waits for the task that a worker has it; False when none waits any more."""
    endpoint = control_plane.waiting_for(token)
    if endpoint is None:
        return False
    endpoint.notify_activity_task_start(worker_name=worker_name)
    return True


def install() -> None:
    """Make moto's activity tasks wait for workers that ask here."""
    seams.take(control_plane.STEP_FUNCTIONS, "_activities")
    seams.take(control_plane.STEP_FUNCTIONS, "_activity_tasks")
    seams.take(control_plane.STEP_FUNCTIONS, "_get_activity_task", "data")
    seams.replace(control_plane.STEP_FUNCTIONS, "_get_activity_task", get_activity_task)
    seams.wrap(TASK, "_eval_execution", "self env", _existing)
    seams.wrap(START, "__init__", "self", _without_outcome)
    seams.wrap(CALLBACK, "setup_heartbeat_endpoint", "self heartbeat_seconds", _hearing_at_once)


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
        # moto sets it only when a worker begins, and reads it also when none does in time.
        self._outcome = None
        begin(self)

    return beginning


def _hearing_at_once(begin: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def beginning(self: Any, heartbeat_seconds: Any) -> Any:
        beats = begin(self, heartbeat_seconds)
        if self.get_outcome() is not None:  # it came before anybody listened for heartbeats
            beats.notify()
        return beats

    return beginning
