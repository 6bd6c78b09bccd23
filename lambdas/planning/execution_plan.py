"""What the planning functions have in common: the execution's input, the state to go on with, `plan.json`."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from lambdas.planning.errors import InvalidInput, PlanningError
from lambdas.planning.sources import split_uri
from lambdas.planning.steps import Job, digest
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
"""The state that records a finished run; it is refused where another execution has recorded it."""
NOBODY = "none"

MIN_WAIT_SECONDS, MAX_WAIT_SECONDS = 20, 600
"""Between two looks at another execution's job."""


def decode_input(kind: type[Input], document: object) -> Input:
    """What a person gave: an execution's input, or a function's.

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


def planned_step(
    request: PlannerRequest,
    jobs: Mapping[str, Sequence[Job]],
    *,
    verdicts: Mapping[str, tuple[str, Verdict | None]],
    last: str,
    recorded: Mapping[str, str] | None,
) -> str:
    """The state to go on with, or `Done` when the run was recorded before.

    Args:
        jobs: each step's jobs, in the order of the steps.
        verdicts: steps that leave a verdict, to the choice that reads it and the verdict itself.
        last: the state behind the last step.
        recorded: the run's entry of the audit table.
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
    """The state to go on with: the first step whose work is not done.

    Args:
        jobs: each step's jobs, in the order of the steps.
        refused: steps whose verdict did not pass, to the choice that reads it.
        last: the state behind the last step.
        taken: the step that found its name taken, with the error and cause it met, or `RecordAudit` that
            found the run recorded.
        replaced: steps whose work nothing can be looked up of. They are done when a step behind them began;
            the last one that began, or nothing behind it, is run again.

    Returns:
        A state's name, or `Wait` when another execution is at the step's work.

    Raises:
        PlanningError: the very error of the taken name, when nothing has that name: going on would go round
            for ever.
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
    """The very error that a step met, to be raised again."""
    # Step Functions names an error by its class, and the first error's name is the one to keep.
    named: type[PlanningError] = type(taken.error, (PlanningError,), {})
    return named(taken.cause)


def finished_by(recorded: Mapping[str, str] | None) -> str:
    """The execution that recorded a run, as `RecordAudit` compares it."""
    return str((recorded or {}).get("finished_by") or NOBODY)


def passed(verdict: Verdict | None) -> bool:
    """Whether a job's verdict passed; a job that left none did not."""
    return verdict is not None and verdict.passed


def wait_seconds(started_at: str, now: datetime) -> int:
    """How long to wait for another execution: a twentieth of the time waited so far, within bounds.

    Args:
        started_at: when the execution started, ISO 8601.
        now: with a time zone.
    """
    waited = (now - datetime.fromisoformat(started_at)).total_seconds()
    return int(min(MAX_WAIT_SECONDS, max(MIN_WAIT_SECONDS, waited / 20)))


def utc_now() -> datetime:
    """The current time, with its zone."""
    return datetime.now(UTC)


def put_plan(s3: "S3Client", bucket: str, plan: JobPlan) -> str:
    """Write `plan.json` and return its S3 URI.

    Its place is named by its content: two executions of the same run may plan differently (a champion moved
    between them), and neither may change the plan under the other's running jobs.
    """
    body = encode(plan)
    uri = f"s3://{bucket}/runs/{plan.run}/{digest(body)[:16]}/plan.json"
    _, key = split_uri(uri)
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(body, indent=1).encode())
    return uri
