"""Express state machines: their executions are not recorded, except in their log.

Sources: "Choosing workflow type in Step Functions", StartSyncExecution and "Quotas" in the AWS documentation.
"""

import functools
import importlib
import logging
import math
import re
import threading
import time
import uuid
from collections.abc import Callable
from contextvars import copy_context
from datetime import UTC, datetime
from typing import Any

from ministack.core import responses

from mdlc_local import counts, patches
from mdlc_local.counts import Measured
from mdlc_local.states import control_plane, inputs

log = logging.getLogger("mdlc_local.states")

BILLED_MEGABYTES = 64
"""The billed memory in answers: AWS's minimum; memory is not measured here."""

EXECUTION_MEMBERS = ("describe_execution", "stop_execution", "get_execution_history")
"""Operations on executions that Express machines do not support."""

NAMESPACE = "AWS/States"

_NAME = re.compile(r"^[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}$")

Request = dict[str, Any]
Response = Any
Handler = Callable[[Request], Response]


def install() -> None:
    """Patch ministack's operations for Express machines."""
    patches.take(control_plane.STEP_FUNCTIONS, "_resolve_state_machine_arn", "arn")
    patches.take(control_plane.STEP_FUNCTIONS, "_start_sync_execution", "data")
    patches.replace(control_plane.STEP_FUNCTIONS, "_start_sync_execution", start_sync)
    patches.wrap(control_plane.STEP_FUNCTIONS, "_start_execution", "data", _starting)
    patches.wrap(control_plane.STEP_FUNCTIONS, "_list_executions", "data", _listing)
    for member in (*EXECUTION_MEMBERS, "describe_state_machine_for_execution"):
        patches.wrap(control_plane.STEP_FUNCTIONS, f"_{member}", "data", _refusing)


def is_express(machine: dict[str, Any] | None) -> bool:
    """Whether ministack's record is that of an Express machine."""
    return machine is not None and machine.get("type") == "EXPRESS"


def start_sync(data: Request) -> Response:
    """StartSyncExecution."""
    machine = _machine(data)
    if not isinstance(machine, dict):
        return machine
    if not is_express(machine):
        return _not_supported()
    prepared = _prepare(machine, data)
    if not isinstance(prepared, _Run):
        return prepared
    outcome = prepared.run()
    return responses.json_response(prepared.answer(outcome))


class _Run:
    """One Express execution.

    Args:
        machine: a copy of ministack's record of the machine.
        name: the execution's name.
        input_text: its input as JSON.
    """

    def __init__(self, machine: dict[str, Any], name: str, input_text: str) -> None:
        self._machine = machine
        self.name = name
        self._input = input_text
        self.arn = (
            machine["stateMachineArn"].replace(":stateMachine:", ":express:") + f":{name}:{uuid.uuid4()}"
        )
        self.started = datetime.now(UTC)
        self._seconds = 0.0

    def run(self) -> Any:
        """Run the execution to its end on this thread; returns the interpreter's `Outcome`."""
        begun = time.perf_counter()
        interpreter = control_plane.interpreter()
        try:
            logs = importlib.import_module("mdlc_local.states.machine_logs")
            execution = interpreter.Execution(
                arn=self.arn,
                name=self.name,
                start_date=self.started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                input_text=self._input,
                machine=self._machine,
                account=responses.get_account_id(),
                region=responses.get_region(),
                log=logs.of_express(self._machine, self.arn),
            )
            outcome = execution.run()
        except Exception as error:
            # Any error in here must give an outcome, or the caller would wait for ever.
            log.exception("execution %s", self.arn)
            cause = f"{type(error).__name__}: {error}"
            outcome = interpreter.Outcome(status="FAILED", error="States.Runtime", cause=cause)
        self._seconds = time.perf_counter() - begun
        dimensions = (("StateMachineArn", self._machine["stateMachineArn"]),)
        counts.measure(
            NAMESPACE,
            responses.get_region(),
            Measured("ExecutionsStarted", 1.0, "Count", dimensions),
            Measured(control_plane.METRICS[outcome.status], 1.0, "Count", dimensions),
            Measured("ExecutionTime", counts.milliseconds(self._seconds), "Milliseconds", dimensions),
        )
        return outcome

    def answer(self, outcome: Any) -> dict[str, Any]:
        """StartSyncExecution's answer."""
        fields = {"error": outcome.error, "cause": outcome.cause, "output": outcome.output}
        milliseconds = 1000 * self._seconds
        return {
            "executionArn": self.arn,
            "stateMachineArn": self._machine["stateMachineArn"],
            "name": self.name,
            "startDate": self.started.timestamp(),
            "stopDate": datetime.now(UTC).timestamp(),
            "status": outcome.status,
            "input": self._input,
            "inputDetails": {"included": True},
            "outputDetails": {"included": True},
            **{name: value for name, value in fields.items() if value is not None},
            "billingDetails": {
                "billedMemoryUsedInMB": BILLED_MEGABYTES,
                "billedDurationInMilliseconds": max(100, 100 * math.ceil(milliseconds / 100)),
            },
        }


def _prepare(machine: dict[str, Any], data: Request) -> Any:
    name = data.get("name") or str(uuid.uuid4())
    if not _NAME.match(name):
        return responses.error_response_json("InvalidName", f"Invalid Name: '{name}'", 400)
    wrong = inputs.refusal(data.get("input"))
    if wrong is not None:
        return responses.error_response_json(*wrong, 400)
    return _Run(machine, name, data.get("input") or "{}")


def _machine(data: Request) -> Any:
    stepfunctions = importlib.import_module(control_plane.STEP_FUNCTIONS)
    machine_arn = str(data.get("stateMachineArn", ""))
    arn = stepfunctions._resolve_state_machine_arn(machine_arn)
    if arn is None:
        return responses.error_response_json(
            "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{machine_arn}'", 400
        )
    return dict(stepfunctions._state_machines[arn])


def _starting(start: Handler) -> Handler:
    """StartExecution of an Express machine: names may repeat, and the end is not published."""

    def starting(data: Request) -> Response:
        machine = _machine(data)
        if not isinstance(machine, dict) or not is_express(machine):
            return start(data)
        prepared = _prepare(machine, data)
        if not isinstance(prepared, _Run):
            return prepared
        context = copy_context()
        threading.Thread(target=context.run, args=(prepared.run,), daemon=True, name="express").start()
        return responses.json_response(
            {"executionArn": prepared.arn, "startDate": prepared.started.timestamp()}
        )

    return starting


def _listing(listing: Handler) -> Handler:
    def list_executions(data: Request) -> Response:
        machine = _machine(data) if data.get("stateMachineArn") else None
        return _not_supported() if isinstance(machine, dict) and is_express(machine) else listing(data)

    return list_executions


def _refusing(handler: Handler) -> Handler:
    @functools.wraps(handler)
    def refusing(data: Request) -> Response:
        parts = str(data.get("executionArn", "")).split(":")
        if len(parts) > 5 and parts[5] == "express":
            return responses.error_response_json(
                "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'", 400
            )
        return handler(data)

    return refusing


def _not_supported() -> Response:
    return responses.error_response_json(
        "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine", 400
    )
