"""Code shared by the planning functions: the execution's input, the next state, `plan.json`."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from lambdas.planning.errors import InvalidInput, PlanningError
from lambdas.planning.sources import split_uri
from lambdas.planning.steps import Job, digest
from mdlc_constructs.settings.payloads.batch import BatchInput
from mdlc_constructs.settings.payloads.codec import PayloadError, decode, encode
from mdlc_constructs.settings.payloads.job_plan import JobPlan
from mdlc_constructs.settings.payloads.planning import PackageInput, PlannerRequest, RefusedCall
from mdlc_constructs.settings.payloads.verdict import Verdict
from mdlc_constructs.settings.strict_json import StrictJsonError, check_json

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Input = TypeVar("Input")

_FROM_A_PARENT = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"

RECORD = "RecordAudit"
"""The state that records a finished run; its write is refused when another execution has recorded it."""
NOBODY = "none"

MIN_WAIT_SECONDS, MAX_WAIT_SECONDS = 20, 600
"""Limits of the wait before another execution's job is looked up again."""


def decode_input(kind: type[Input], document: object) -> Input:
    """A payload that a person wrote: the input of an execution or of a function.

    Args:
        kind: the payload's dataclass.

    Raises:
        InvalidInput: naming the key, its value and the remedy.
    """
    if isinstance(document, Mapping):
        document = {key: value for key, value in document.items() if key != _FROM_A_PARENT}
    try:
        payload = decode(kind, document, from_user=True)
        check_json(document)
    except PayloadError as error:
        raise InvalidInput(str(error)) from error
    except StrictJsonError as error:
        raise InvalidInput(f"The input cannot be kept for the audit. {error}") from error
    version = payload.package_version if isinstance(payload, PackageInput) else None
    if version is not None and version < 1:
        raise InvalidInput(f"package_version is {version!r}: give the version's number, such as 3.")
    return payload


def checked_batch(document: object) -> BatchInput:
    """The decoded input of a batch inference.

    Raises:
        InvalidInput: naming the key, its value and the remedy.
    """
    batch = decode_input(BatchInput, document)
    if batch.prefix is not None and not _is_folder(batch.prefix):
        raise InvalidInput(
            f"prefix is {batch.prefix!r}: give a folder below the dataset's uri, such as 2013-12/."
        )
    return batch


def _is_folder(prefix: str) -> bool:
    return prefix.endswith("/") and not prefix.startswith(("/", "s3:")) and ".." not in prefix.split("/")


def planned_step(
    request: PlannerRequest,
    jobs: Mapping[str, Sequence[Job]],
    *,
    verdicts: Mapping[str, tuple[str, Verdict | None]],
    last: str,
    recorded: Mapping[str, str] | None,
) -> str:
    """The next state, or `Done` when the run was recorded before.

    Args:
        jobs: the jobs of each step, in the order of the steps.
        verdicts: by the step that writes a verdict: the Choice state that reads it, and the verdict.
        last: the state after the last step.
        recorded: the run's audit item; None when the run is not finished.
    """
    if recorded:
        return "Done"
    refused = {step: choice for step, (choice, verdict) in verdicts.items() if not passed(verdict)}
    return next_state(jobs, refused=refused, last=last, taken=request.taken, replaced=request.replaced)


def next_state(
    jobs: Mapping[str, Sequence[Job]],
    *,
    refused: Mapping[str, str],
    last: str,
    taken: RefusedCall | None,
    replaced: Collection[str] = (),
) -> str:
    """The next state: the first step whose work is not done.

    Args:
        jobs: the jobs of each step, in the order of the steps.
        refused: by step whose verdict did not pass, the Choice state that reads the verdict.
        last: the state after the last step.
        taken: the step whose call failed because its name was taken, with the API's error and cause; or
            `RecordAudit`, when the run was already recorded.
        replaced: steps whose jobs cannot be looked up. Such a step counts as done when a later step has
            begun, and is otherwise run again.

    Returns:
        A state's name, or `Wait` when another execution is doing the step's work.

    Raises:
        PlanningError: with the API's error about the taken name, when no job has that name: to go on would
            be an endless loop.
    """
    began = [step for step, standing in jobs.items() if any(job.status != "Absent" for job in standing)]
    order = list(jobs)
    for step, standing in jobs.items():
        statuses = {job.status for job in standing}
        if step in replaced and any(order.index(later) > order.index(step) for later in began):
            continue
        if statuses == {"Completed"}:
            if step in refused:
                return refused[step]
            continue
        if "InProgress" in statuses:
            return "Wait"
        if taken and taken.step == step:
            raise met(taken)
        return step
    if taken and taken.step == RECORD:
        raise met(taken)
    return last


def met(taken: RefusedCall) -> PlanningError:
    """The error of a refused call as an exception, with its name and cause, to be raised again."""
    # The class's name becomes the error's name in Step Functions, so it has to be the first error's name.
    named: type[PlanningError] = type(taken.error, (PlanningError,), {})
    return named(taken.cause)


def finished_by(recorded: Mapping[str, str] | None) -> str:
    """The execution that recorded a run, or `none`, in the form that `RecordAudit` compares with."""
    return str((recorded or {}).get("finished_by") or NOBODY)


def passed(verdict: Verdict | None) -> bool:
    """Whether a job's verdict passed; False without a verdict."""
    return verdict is not None and verdict.passed


def wait_seconds(started_at: str, now: datetime) -> int:
    """How long to wait for another execution: a twentieth of the time since the start, within limits.

    Args:
        started_at: when the waiting execution started, ISO 8601.
        now: the current time, with a time zone.
    """
    waited = (now - datetime.fromisoformat(started_at)).total_seconds()
    return int(min(MAX_WAIT_SECONDS, max(MIN_WAIT_SECONDS, waited / 20)))


def utc_now() -> datetime:
    """The current time in UTC, with its time zone."""
    return datetime.now(UTC)


def put_plan(s3: "S3Client", bucket: str, plan: JobPlan) -> str:
    """Write `plan.json` and return its S3 URI.

    Its key contains a digest of its content: two executions of the same run may have different plans (when
    the champion changed in between), and neither may overwrite the plan of the other's running jobs.
    """
    body = encode(plan)
    uri = f"s3://{bucket}/runs/{plan.run}/{digest(body)[:16]}/plan.json"
    _, key = split_uri(uri)
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(body, indent=1).encode())
    return uri
