"""Waiting in state machines: real time divided by the server's time scale, cut short at their end."""

import time
from collections.abc import Callable
from typing import Any

from mdlc_local import options, seams

COMPONENT = "moto.stepfunctions.parser.asl.component"
JITTER = f"{COMPONENT}.common.retry.jitter_strategy_decl:JitterStrategyDecl"
WAIT = f"{COMPONENT}.state.wait.wait_function.wait_function:WaitFunction"
CALLBACK = f"{COMPONENT}.state.exec.state_task.service.state_task_service_callback"

JOB_POLL_SECONDS = 0.2
"""How often a ``.sync`` task looks at its job."""


def install() -> None:
    """Scale Wait states and retry intervals by the server's option."""
    scale = options.current().time_scale
    seams.replace(CALLBACK, "_DELAY_SECONDS_SYNC_CONDITION_CHECK", JOB_POLL_SECONDS)

    def wait_interval(self: Any, env: Any, wait_seconds: float) -> None:
        deadline = time.monotonic() + wait_seconds / scale
        while env.is_running() and (left := deadline - time.monotonic()) > 0:
            env.program_state_event.wait(left)

    def scaling(jitter: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        def scaled(self: Any, env: Any) -> None:
            jitter(self, env)
            env.stack.append(env.stack.pop() / scale)

        return scaled

    seams.take(WAIT, "_wait_interval", "self env wait_seconds")
    seams.replace(WAIT, "_wait_interval", wait_interval)
    # The last step of a retrier before it sleeps for what is on the stack.
    seams.wrap(JITTER, "_eval_body", "self env", scaling)
