"""GetActivityTask: returns tasks of activities, for which state machines wait, to external workers."""

import asyncio
import time
from typing import Any

from ministack.core import responses
from ministack.services import stepfunctions

from mdlc_local import patches
from mdlc_local.states import control_plane

ASKING_SECONDS = 60
"""Seconds that GetActivityTask waits for a task."""

LOOK_SECONDS = 0.05
MAX_LOOKS = 20
"""How often a queued task is checked before it is removed because no execution waits for it."""


async def get_activity_task(data: dict[str, Any]) -> Any:
    """The next task of an activity, or an empty answer when there is none within a minute."""
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
            # A task is queued shortly before its execution waits for it.
            task["looks"] = task.get("looks", 0) + 1
            if task["looks"] > MAX_LOOKS:
                waiting.remove(task)
        await asyncio.sleep(LOOK_SECONDS)
    return responses.json_response({})


def _begin(token: str, worker_name: str | None) -> bool:
    """Notify the waiting execution that a worker has its task; False when no execution waits for it."""
    endpoint = control_plane.waiting_for(token)
    if endpoint is None:
        return False
    endpoint.notify_activity_task_start(worker_name=worker_name)
    return True


def install() -> None:
    """Replace GetActivityTask, without the interpreter: a worker may call before it is loaded."""
    patches.take(control_plane.STEP_FUNCTIONS, "_activities")
    patches.take(control_plane.STEP_FUNCTIONS, "_activity_tasks")
    patches.take(control_plane.STEP_FUNCTIONS, "_get_activity_task", "data")
    patches.replace(control_plane.STEP_FUNCTIONS, "_get_activity_task", get_activity_task)
