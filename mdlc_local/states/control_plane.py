"""Connects ministack's Step Functions API to the interpreter."""

import contextlib
import datetime
import enum
import importlib
import json
import logging
import sys
import threading
from collections import deque
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ministack.core import responses
from ministack.services import stepfunctions

from mdlc_local import clients, patches
from mdlc_local.states import inputs

log = logging.getLogger("mdlc_local.states")

Request = dict[str, Any]
Response = Any
Handler = Callable[[Request], Response]

STEP_FUNCTIONS = "ministack.services.stepfunctions"

METRICS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
"""By status: the CloudWatch metric in which Step Functions counts an execution's end."""

_running: dict[str, Any] = {}
_spent: deque[str] = deque(maxlen=10_000)
"""The newest task tokens of executions that have ended."""

_ending = threading.Lock()


def interpreter() -> ModuleType:
    """The interpreter module; its first import takes a second."""
    if "moto.batch.utils" not in sys.modules:
        # moto's AWS Batch integration, which this server does not offer, needs only this one name. The
        # real module imports all of moto's EC2, which takes twice as long as everything else.
        names = ModuleType("moto.batch.utils")
        names.__dict__["JobStatus"] = enum.Enum("JobStatus", "SUCCEEDED FAILED")
        sys.modules["moto.batch.utils"] = names
    return importlib.import_module("mdlc_local.states.interpreter")


def install() -> None:
    """Replace ministack's operations on executions."""
    for attribute, parameters, replacement in (
        ("_run_execution", "exec_arn", run_execution),
        ("_send_task_success", "data", _succeed),
        ("_send_task_failure", "data", _fail),
        ("_send_task_heartbeat", "data", _beat),
    ):
        patches.take(STEP_FUNCTIONS, attribute, parameters)
        patches.replace(STEP_FUNCTIONS, attribute, replacement)
    patches.wrap(STEP_FUNCTIONS, "_start_execution", "data", _starting_once)
    patches.wrap(STEP_FUNCTIONS, "_get_execution_history", "data", _live)
    patches.wrap(STEP_FUNCTIONS, "_stop_execution", "data", _stopping)
    patches.wrap(STEP_FUNCTIONS, "_describe_execution", "data", _with_redrives)
    patches.wrap(STEP_FUNCTIONS, "_delete_state_machine", "data", _deleting)


def _starting_once(start: Handler) -> Handler:
    """StartExecution with the name and input of a running execution returns that execution, as on AWS."""

    def start_once(data: Request) -> Response:
        wrong = inputs.refusal(data.get("input"))
        if wrong is not None:
            return responses.error_response_json(*wrong, 400)
        machine_arn = data.get("stateMachineArn", "")
        if stepfunctions._resolve_state_machine_arn(machine_arn.partition("#")[0]) is None:
            reason = f"State Machine Does Not Exist: '{machine_arn}'"
            return responses.error_response_json("StateMachineDoesNotExist", reason, 400)
        existing = _same_execution(data)
        if existing is None:
            return start(data)
        return responses.json_response(
            {"executionArn": existing["executionArn"], "startDate": existing["startDate"]}
        )

    return start_once


def _live(history: Handler) -> Handler:
    """GetExecutionHistory of a running execution returns its events so far."""

    def live_history(data: Request) -> Response:
        execution = _running.get(data.get("executionArn", ""))
        if execution is not None and (events := execution.history()):
            with _ending:
                # If it has ended in the meantime, its record already holds the whole history.
                if execution.arn in _running:
                    stepfunctions._executions[execution.arn]["events"] = events
        return history(data)

    return live_history


def _with_redrives(describe: Handler) -> Handler:
    """DescribeExecution also returns the redrive members; redrives are not implemented, so the count is 0."""

    def described(data: Request) -> Response:
        status, headers, body = describe(data)
        if status != 200:
            return status, headers, body
        answer = json.loads(body)
        if answer.get("output") is None:
            answer.pop("outputDetails", None)
        answer["redriveCount"] = 0
        if answer["status"] in ("RUNNING", "SUCCEEDED"):
            answer["redriveStatus"] = "NOT_REDRIVABLE"
            answer["redriveStatusReason"] = f"Execution is {answer['status']} and cannot be redriven"
        else:
            answer["redriveStatus"] = "REDRIVABLE"
        return responses.json_response(answer)

    return described


def _deleting(delete: Handler) -> Handler:
    """DeleteStateMachine of a machine that does not exist succeeds, as on AWS."""

    def deleted(data: Request) -> Response:
        known = data.get("stateMachineArn") in stepfunctions._state_machines
        return delete(data) if known else responses.json_response({})

    return deleted


def _stopping(stop: Handler) -> Handler:
    """StopExecution also stops the interpreter's run."""

    def stop_running(data: Request) -> Response:
        execution = _running.get(data.get("executionArn", ""))
        answer = stop(data)
        if execution is not None and execution.environment is not None:
            execution.environment.set_stop(
                stop_date=datetime.datetime.now(datetime.UTC),
                error=data.get("error"),
                cause=data.get("cause"),
            )
        return answer

    return stop_running


def run_execution(execution_arn: str) -> None:
    """Run an execution to its end on this thread and update ministack's record of it."""
    record = stepfunctions._executions.get(execution_arn)
    machine = dict(stepfunctions._state_machines.get((record or {}).get("stateMachineArn")) or {})
    if record is None or not machine:
        return
    machine_log = None
    try:
        machine_log = importlib.import_module("mdlc_local.states.machine_logs").of_machine(
            machine, execution_arn
        )
        execution = interpreter().Execution(
            arn=execution_arn,
            name=record["name"],
            start_date=record["startDate"],
            input_text=record["input"],
            machine=machine,
            account=responses.get_account_id(),
            region=responses.get_region(),
            log=machine_log,
        )
        _running[execution_arn] = execution
        outcome = execution.run()
        events = execution.history()
        # Before the status changes: a caller that sees the end must find no running execution and a
        # complete log.
        with _ending:
            record["events"] = events
            _spent.extend(execution.tokens())
            _running.pop(execution_arn)
        if machine_log is not None:
            machine_log.close()
        _end(record, outcome)
    except Exception as error:
        # Any error in here must end the execution, or its caller would wait for ever.
        log.exception("execution %s", execution_arn)
        stepfunctions._fail_execution(record, "States.Runtime", f"{type(error).__name__}: {error}")
    finally:
        _running.pop(execution_arn, None)
        if machine_log is not None:
            machine_log.close()


def _end(record: dict[str, Any], outcome: Any) -> None:
    if record["status"] != "RUNNING":  # StopExecution has already published the end
        return
    record.update(
        output=outcome.output, error=outcome.error, cause=outcome.cause, stopDate=responses.now_iso()
    )
    # Set last, because a client that polls the status reads the other members once it changes.
    record["status"] = outcome.status
    stepfunctions._emit_execution_status_event(record)
    if not record.get("sync"):
        with contextlib.suppress(Exception):
            _count(record)


def _count(record: dict[str, Any]) -> None:
    region = record["executionArn"].split(":")[3]
    clients.client("cloudwatch", role_arn=None, region=region, session="").put_metric_data(
        Namespace="AWS/States",
        MetricData=[
            {
                "MetricName": METRICS[record["status"]],
                "Value": 1,
                "Unit": "Count",
                "Dimensions": [{"Name": "StateMachineArn", "Value": record["stateMachineArn"]}],
            }
        ],
    )


def _same_execution(data: Request) -> dict[str, Any] | None:
    machine_arn = stepfunctions._resolve_state_machine_arn(data.get("stateMachineArn", "").partition("#")[0])
    if machine_arn is None or not data.get("name"):
        return None
    arn = machine_arn.replace(":stateMachine:", ":execution:") + ":" + data["name"]
    record = stepfunctions._executions.get(arn)
    if record is None or record["status"] != "RUNNING":
        return None
    same = json.loads(record["input"] or "{}") == json.loads(data.get("input") or "{}")
    return dict(record) if same else None


def waiting_for(token: str | None) -> Any | None:
    """Moto's callback endpoint that waits for the outcome of the task with this token, or None."""
    for execution in list(_running.values()):
        environment = execution.environment
        if environment is not None and (callback := environment.callback_pool_manager.get(token)) is not None:
            return callback
    return None


def _lost(token: str | None) -> Response:
    """The error response for a token for which no task waits."""
    if token in _spent:
        reason = "Task Timed Out: 'Provided task does not exist anymore'"
        return responses.error_response_json("TaskTimedOut", reason, 400)
    return responses.error_response_json("InvalidToken", "Invalid Token: 'Invalid token'", 400)


def _notify(data: Request, outcome: Any) -> Response:
    endpoint = waiting_for(data.get("taskToken"))
    if endpoint is None:
        return _lost(data.get("taskToken"))
    if endpoint.consumer_error is not None:
        reason = "Task Timed Out: 'Provided task does not exist anymore'"
        return responses.error_response_json("TaskTimedOut", reason, 400)
    endpoint.notify(outcome=outcome)
    return responses.json_response({})


def _succeed(data: Request) -> Response:
    callback = importlib.import_module("moto.stepfunctions.parser.asl.eval.callback.callback")
    token = data.get("taskToken")
    return _notify(data, callback.CallbackOutcomeSuccess(callback_id=token, output=data.get("output")))


def _fail(data: Request) -> Response:
    callback = importlib.import_module("moto.stepfunctions.parser.asl.eval.callback.callback")
    token = data.get("taskToken")
    outcome = callback.CallbackOutcomeFailure(
        callback_id=token, error=data.get("error"), cause=data.get("cause")
    )
    return _notify(data, outcome)


def _beat(data: Request) -> Response:
    endpoint = waiting_for(data.get("taskToken"))
    if endpoint is None:
        return _lost(data.get("taskToken"))
    # The returned False only means that the task has no HeartbeatSeconds, which AWS accepts.
    endpoint.notify_heartbeat()
    return responses.json_response({})
