"""moto's interpreter of the Amazon States Language, patched, with its AWS clients calling this server.

Importing this module takes a second or two, because moto imports much; the server does it after it is ready.
"""

import functools
import json
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.stepfunctions.parser.api import StateMachineType
from moto.stepfunctions.parser.asl.eval.evaluation_details import (
    AWSExecutionDetails,
    EvaluationDetails,
    ExecutionDetails,
    StateMachineDetails,
)
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramStopped,
    ProgramTimedOut,
)
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from mdlc_local import patches
from mdlc_local.states import (
    acting,
    activities,
    assigning,
    casing,
    distributed,
    ends,
    entered,
    evaluation,
    expressions,
    failures,
    glue_jobs,
    grammar,
    history,
    literals,
    locations,
    nested,
    numbers,
    sagemaker_jobs,
    waiting,
)
from mdlc_local.states.pools import Pool

TASK = "moto.stepfunctions.parser.asl.component.state.exec.state_task"
WORKER = "moto.stepfunctions.parser.backend.execution_worker:ExecutionWorker"
CLIENTS = "moto.stepfunctions.parser.asl.utils.boto_client"
EXPRESS_SECONDS = 300
"""The longest run of an Express execution, in seconds."""

SDK_ERROR_NAMES = {
    "sagemaker": "SageMaker",
    "sagemakerruntime": "SageMakerRuntime",
    "lambda": "Lambda",
    "s3": "S3",
    "ssm": "Ssm",
    "sns": "Sns",
    "sqs": "Sqs",
    "kms": "Kms",
    "glue": "Glue",
    "sts": "Sts",
    "cloudwatch": "CloudWatch",
    "cloudwatchlogs": "CloudWatchLogs",
    "eventbridge": "EventBridge",
    "kinesis": "Kinesis",
    "firehose": "Firehose",
    "scheduler": "Scheduler",
    "athena": "Athena",
    "iam": "Iam",
    "secretsmanager": "SecretsManager",
}
"""By service: the first part of an aws-sdk task's error names (``S3.NoSuchKeyException``)."""


PARTS = (
    *(grammar, literals, locations, history, entered, failures, evaluation, expressions),
    *(casing, ends, assigning, distributed, nested, waiting, activities, glue_jobs),
)
"""The modules that patch moto's interpreter, each by its `install`."""

_installing = threading.Lock()


def install() -> None:
    """Patch moto's interpreter once per process, also when several threads call this at the same time."""
    # Without the lock, two threads could both run the cached function and apply every patch twice.
    with _installing:
        _install()


@functools.cache
def _install() -> None:
    patches.take(WORKER, "_get_evaluation_entrypoint", "self")
    original = patches.take(CLIENTS, "boto_client_for", "region service state_credentials")
    for name, module in list(sys.modules.items()):
        # moto's modules imported the function by `from ... import`, so it is replaced in each.
        if (
            name.startswith("moto.stepfunctions.parser")
            and getattr(module, "boto_client_for", None) is original
        ):
            patches.replace(name, "boto_client_for", acting.boto_client_for)
    patches.take(f"{TASK}.service.state_task_service_aws_sdk", "_SERVICE_ERROR_NAMES").update(SDK_ERROR_NAMES)
    for name, module in list(sys.modules.items()):
        # moto keeps every thread that it has started in one list.
        if name.startswith("moto.stepfunctions.parser") and hasattr(module, "TMP_THREADS"):
            patches.replace(name, "TMP_THREADS", _Forgetful())
    for part in PARTS:
        part.install()
    for owner in (f"{TASK}.service.state_task_service_factory", f"{TASK}.state_task_factory"):
        patches.wrap(owner, "state_task_service_for", "service_name", _with_sagemaker)


def _with_sagemaker(service_for: Callable[..., Any]) -> Callable[..., Any]:
    def task_service_for(service_name: str) -> Any:
        return sagemaker_jobs.SageMakerTask() if service_name == "sagemaker" else service_for(service_name)

    return task_service_for


def _parse(definition: str) -> Any:
    return AmazonStateLanguageParser.parse(numbers.with_short_exponents(definition))[0]


_programs: Pool[Any] = Pool(_parse, texts=64, spare=16)
"""Parsed definitions: parsing a machine takes ten times as long as running a quick one."""


class _Forgetful(list[Any]):
    """Replaces moto's list of threads, which would grow with every task."""

    def append(self, _: Any) -> None:
        """Do not keep the thread."""


class _Quiet:
    """Replaces moto's `ExecutionWorkerCommunication`."""

    def terminated(self) -> None:
        """Does nothing: the execution runs on the caller's thread, which needs no notification."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an execution ended, with the members of DescribeExecution."""

    status: str
    output: str | None = None
    error: str | None = None
    cause: str | None = None


class Execution:
    """One run of a state machine.

    Args:
        arn: the execution's ARN.
        name: its name.
        start_date: its start in ISO 8601.
        input_text: its input as JSON.
        machine: a copy of ministack's record of the state machine, made at the start.
        account: the account that it runs in.
        region: the region that it runs in.
        log: replaces moto's `CloudWatchLoggingSession`; None for no logging.
    """

    def __init__(
        self,
        *,
        arn: str,
        name: str,
        start_date: str,
        input_text: str,
        machine: dict[str, Any],
        account: str,
        region: str,
        log: Any = None,
    ) -> None:
        install()
        self.arn = arn
        definition = json.loads(machine["definition"])
        self._batchers = distributed.prepare(definition)
        locations.mark(definition)
        kind = StateMachineType.EXPRESS if machine.get("type") == "EXPRESS" else StateMachineType.STANDARD
        if kind == StateMachineType.EXPRESS:
            timeout = definition.get("TimeoutSeconds", EXPRESS_SECONDS)
            definition["TimeoutSeconds"] = min(timeout, EXPRESS_SECONDS)
        self._definition = json.dumps(definition)
        role_arn = machine["roleArn"]
        self._worker = ExecutionWorker(
            evaluation_details=EvaluationDetails(
                aws_execution_details=AWSExecutionDetails(account=account, region=region, role_arn=role_arn),
                execution_details=ExecutionDetails(
                    arn=arn,
                    name=name,
                    role_arn=role_arn,
                    inpt=json.loads(input_text or "{}"),
                    start_time=start_date,
                ),
                state_machine_details=StateMachineDetails(
                    arn=machine["stateMachineArn"],
                    name=machine["name"],
                    typ=kind,
                    definition=self._definition,
                ),
            ),
            exec_comm=_Quiet(),
            cloud_watch_logging_session=log,
            activity_store=activities.Activities(),
        )

    def prepare(self, set_up: Callable[[Any], None], mocks: Any | None) -> None:
        """Prepare a run of TestState: change moto's environment before it, and mock its services.

        Args:
            set_up: gets the environment before the first state.
            mocks: moto's `MockTestCase`; None to call services.
        """
        build = self._worker._get_evaluation_environment

        def built() -> Any:
            environment = build()
            set_up(environment)
            return environment

        self._worker._get_evaluation_environment = built
        self._worker._mock_test_case = mocks

    def run(self) -> Outcome:
        """Run the execution to its end on this thread."""
        distributed.remember(self.arn, self._batchers)
        try:
            with _programs.lend(self._definition) as program:
                self._worker._get_evaluation_entrypoint = lambda: program
                self._worker._execution_logic()
        finally:
            distributed.forget(self.arn)
        environment = self._worker.env
        state = environment.program_state()
        if isinstance(state, ProgramEnded):
            return Outcome(
                status="SUCCEEDED", output=to_json_str(environment.states.get_input(), separators=(",", ":"))
            )
        if isinstance(state, ProgramTimedOut):
            return Outcome(status="TIMED_OUT")
        if isinstance(state, ProgramStopped):
            return Outcome(status="ABORTED", error=state.error, cause=state.cause)
        error = state.error or {}
        return Outcome(status="FAILED", error=error.get("error"), cause=error.get("cause"))

    @property
    def environment(self) -> Any | None:
        """Moto's environment of the run, or None before it runs."""
        return self._worker.env

    def tokens(self) -> list[str]:
        """The task tokens of all tasks for which the execution waited."""
        return [] if self._worker.env is None else list(self._worker.env.callback_pool_manager._pool)

    def history(self) -> list[dict[str, Any]]:
        """The events so far, as GetExecutionHistory lists them."""
        if self._worker.env is None:
            return []
        events = self._worker.env.event_manager.get_event_history()
        return [json.loads(to_json_str(event)) for event in events]


def warm_up() -> None:
    """Import and initialize what the first execution needs, so that it starts faster."""
    install()
    AmazonStateLanguageParser.parse('{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}')
