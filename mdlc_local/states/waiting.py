"""Waits in state machines: divided by the server's time scale, and ended when the execution ends."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata

from mdlc_local import options, patches
from mdlc_local.states.evaluation import evaluation_failure

COMPONENT = "moto.stepfunctions.parser.asl.component"
JITTER = f"{COMPONENT}.common.retry.jitter_strategy_decl:JitterStrategyDecl"
WAIT = f"{COMPONENT}.state.wait.wait_function.wait_function:WaitFunction"
TIMESTAMP = f"{COMPONENT}.state.wait.wait_function.timestamp:Timestamp"
CALLBACK = f"{COMPONENT}.state.exec.state_task.service.state_task_service_callback"

JOB_POLL_SECONDS = 0.2
"""Seconds between a ``.sync`` task's checks of its job."""


_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")
"""RFC 3339 with upper-case T and Z, as the States Language requires."""


def moment(text: Any) -> datetime | None:
    """The datetime of a Wait state's timestamp, or None when it is invalid."""
    if not isinstance(text, str) or not _TIMESTAMP.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _until(self: Any, env: Any) -> float:
    """The seconds until a Wait state's Timestamp."""
    self.string.eval(env=env)
    text = env.stack.pop()
    when = moment(text)
    if when is not None:
        return (when - datetime.now(UTC)).total_seconds()
    if isinstance(self.string, StringJSONata):
        cause = (
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: "
            f"{text}"
        )
        raise evaluation_failure(env, cause, "Timestamp")
    raise FailureEventException(self._create_failure_event(env, text))


def install() -> None:
    """Divide the waits of Wait states, retries and task tokens by the server's time scale."""
    scale = options.current().time_scale
    patches.replace(CALLBACK, "_DELAY_SECONDS_SYNC_CONDITION_CHECK", JOB_POLL_SECONDS)

    def wait_interval(self: Any, env: Any, wait_seconds: float) -> None:
        deadline = time.monotonic() + wait_seconds / scale
        while env.is_running() and (left := deadline - time.monotonic()) > 0:
            env.program_state_event.wait(left)

    def scaling(jitter: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        def scaled(self: Any, env: Any) -> None:
            jitter(self, env)
            env.stack.append(env.stack.pop() / scale)

        return scaled

    def scaled_timeout(wait: Callable[..., Any]) -> Callable[..., Any]:
        def waiting(self: Any, timeout_seconds: float, callback_endpoint: Any) -> Any:
            return wait(self, timeout_seconds / scale, callback_endpoint)

        return waiting

    # Waiting for a task token is only waiting, too: a lost event costs that part of the time-out only.
    patches.wrap(
        f"{CALLBACK}:StateTaskServiceCallback",
        "_wait_for_task_token_timeout",
        "self timeout_seconds callback_endpoint",
        scaled_timeout,
    )
    patches.take(TIMESTAMP, "_get_wait_seconds", "self env")
    patches.replace(TIMESTAMP, "_get_wait_seconds", _until)
    patches.take(WAIT, "_wait_interval", "self env wait_seconds")
    patches.replace(WAIT, "_wait_interval", wait_interval)
    # A retrier's last step before it sleeps for the seconds on the stack.
    patches.wrap(JITTER, "_eval_body", "self env", scaling)
