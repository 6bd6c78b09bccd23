"""Stops nested executions, which a ``.sync`` task waits for, when the task ends first.

Step Functions stops them when the task's execution is stopped or times out; moto would leave them running.
Source: "Integrating with services: run a job (.sync)" in the AWS documentation.
"""

import functools
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from mdlc_local import patches
from mdlc_local.states.acting import client_for

OWNER = (
    "moto.stepfunctions.parser.asl.component.state.exec.state_task.service."
    "state_task_service_sfn:StateTaskServiceSfn"
)
_RESOLVING = "self env resource_runtime_part normalised_parameters state_credentials"
_WAITING = "self env sync_resolver timeout_seconds callback_endpoint heartbeat_endpoint"


def install() -> None:
    """Patch moto's task to stop the nested execution when the wait ends before it."""
    for attribute in ("_build_sync_resolver", "_build_sync2_resolver"):
        patches.wrap(OWNER, attribute, _RESOLVING, _knowing_how_to_stop)
    patches.wrap(OWNER, "_eval_sync", _WAITING, _stopping)


def _knowing_how_to_stop(build: Callable[..., Any]) -> Callable[..., Any]:
    def built(
        self: Any,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: Any,
        state_credentials: Any,
    ) -> Any:
        arn = env.stack[-1]["ExecutionArn"]
        resolver = build(
            self,
            env=env,
            resource_runtime_part=resource_runtime_part,
            normalised_parameters=normalised_parameters,
            state_credentials=state_credentials,
        )
        client = client_for(resource_runtime_part.region, "stepfunctions", state_credentials)
        # Stored on the function, because the iterations of a Map share the task.
        resolver.stop = functools.partial(client.stop_execution, executionArn=arn)
        return resolver

    return built


def _stopping(wait: Callable[..., Any]) -> Callable[..., Any]:
    def waiting(
        self: Any,
        env: Any,
        sync_resolver: Any,
        timeout_seconds: Any,
        callback_endpoint: Any,
        heartbeat_endpoint: Any,
    ) -> Any:
        outcome = wait(
            self,
            env=env,
            sync_resolver=sync_resolver,
            timeout_seconds=timeout_seconds,
            callback_endpoint=callback_endpoint,
            heartbeat_endpoint=heartbeat_endpoint,
        )
        if not isinstance(outcome, dict):  # a successful execution's outcome is its description
            try:
                sync_resolver.stop()
            except ClientError:
                # On a best-effort basis, as on AWS: it may have ended already.
                return outcome
        return outcome

    return waiting
