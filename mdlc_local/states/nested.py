"""Executions that a state machine starts and waits for end with it: moto leaves them running.

Step Functions stops what a ``.sync`` task waits for when the task's execution is stopped or out of time.
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
    """Stop what is waited for when the waiting ends before it does."""
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
        # On the function, since the task itself is shared by the iterations of a map.
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
        if not isinstance(outcome, dict):  # no description of an execution that succeeded
            try:
                sync_resolver.stop()
            except ClientError:
                # At best effort, as on AWS: it may have ended by itself.
                return outcome
        return outcome

    return waiting
