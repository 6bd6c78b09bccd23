"""Waiting in state machines: in real time divided by the server's time scale, and cut short when a machine ends."""

import time
from typing import Any

from moto.stepfunctions.parser.asl.component.common.retry.jitter_strategy_decl import JitterStrategyDecl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_callback
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction

from mdlc_local import options

JOB_POLL_SECONDS = 0.2
"""How often a ``.sync`` task looks at its job."""


def install(time_scale: float | None = None) -> None:
    """Scale Wait states and retry intervals; `time_scale` defaults to the server's option."""
    scale = options.current().time_scale if time_scale is None else time_scale
    state_task_service_callback._DELAY_SECONDS_SYNC_CONDITION_CHECK = JOB_POLL_SECONDS

    def wait_interval(self: Any, env: Any, wait_seconds: float) -> None:
        deadline = time.monotonic() + wait_seconds / scale
        while env.is_running() and (left := deadline - time.monotonic()) > 0:
            env.program_state_event.wait(left)

    WaitFunction._wait_interval = wait_interval
    jitter = JitterStrategyDecl._eval_body

    def scaled_jitter(self: Any, env: Any) -> None:
        jitter(self, env)
        env.stack.append(env.stack.pop() / scale)

    # The last step of a retrier before it sleeps for what is on the stack.
    JitterStrategyDecl._eval_body = scaled_jitter
