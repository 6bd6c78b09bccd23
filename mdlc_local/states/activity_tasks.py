"""GetActivityTask: workers outside take the tasks of activities that machines wait for."""

import asyncio
import time
from typing import Any

from ministack.core import responses
from ministack.services import stepfunctions

from mdlc_local import patches
from mdlc_local.states import control_plane

ASKING_SECONDS = 60
"""How long GetActivityTask waits for a task."""

LOOK_SECONDS = 0.05
MAX_LOOKS = 20
"""How often a listed task is looked at before it counts as one that nobody waits for any more."""


async def get_activity_task(data: dict[str, Any]) -> Any:
    """The next task of an activity that is waited for, or none within a minute."""
    arn = str(data.get("activityArn", ""))
    if arn not in stepfunctions._activities:
        return responses.error_response_json("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'", 400)
    deadline = time.monotonic() + ASKING_SECONDS
    while time.monotonic() < deadline:
        waiting = stepfunctions._activity_tasks.get(arn) or []
        for task in list(waiting):
            if _begin(task["taskToken"], data.get("workerName")):
                waiting.remove(task)
                return responses.json_response({"taskToken": task["taskToken"], "input": task["input"]})
            # It is listed a moment before its execution waits for it.
            task["looks"] = task.get("looks", 0) + 1
            if task["looks"] > MAX_LOOKS:
                waiting.remove(task)
        await asyncio.sleep(LOOK_SECONDS)
    return responses.json_response({})


def _begin(token: str, worker_name: str | None) -> bool:
    """Tell the execution that waits for the task that a worker has it; False when none waits for it."""
    endpoint = control_plane.waiting_for(token)
    if endpoint is None:
        return False
    endpoint.notify_activity_task_start(worker_name=worker_name)
    return True


def install() -> None:
    """Serve workers before the interpreter is loaded too: a worker may ask first."""
    patches.take(control_plane.STEP_FUNCTIONS, "_activities")
    patches.take(control_plane.STEP_FUNCTIONS, "_activity_tasks")
    patches.take(control_plane.STEP_FUNCTIONS, "_get_activity_task", "data")
    patches.replace(control_plane.STEP_FUNCTIONS, "_get_activity_task", get_activity_task)
