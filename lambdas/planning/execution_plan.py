"""What planning a training and planning a batch have in common."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lambdas.planning.errors import InvalidInput, PlanningError
from lambdas.planning.sources import split_uri
from lambdas.planning.steps import Job, digest
from mdlc_constructs.settings.strict_json import StrictJsonError, check_json

TEXT_KEYS = ("reason", "trigger", "request_id")
"""What every execution's input may say for the audit."""

_FROM_A_PARENT = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"

RECORD = "RecordAudit"
"""The state that records a finished run; it is refused where another execution has recorded it."""
NOBODY = "none"

SHORTEST_WAIT, LONGEST_WAIT = 20, 600
"""Seconds between two looks at another execution's job."""


def checked_object(value: object, keys: Iterable[str]) -> dict[str, Any]:
    """The execution's input as an object with nothing but these keys and those of `TEXT_KEYS`.

    Raises:
        InvalidInput: naming the key, its value and the remedy.
    """
    known = (*keys, *TEXT_KEYS)
    if not isinstance(value, Mapping):
        raise InvalidInput(f"The input is {value!r}: give a JSON object with any of {', '.join(known)}.")
    unknown = sorted(set(value) - {*known, _FROM_A_PARENT})
    if unknown:
        raise InvalidInput(f"The input has the unknown key {unknown[0]!r}: use {', '.join(known)}.")
    try:
        check_json(value)
    except StrictJsonError as error:
        raise InvalidInput(f"The input cannot be kept for the audit. {error}") from error
    for key in TEXT_KEYS:
        if key in value and not isinstance(value[key], str):
            raise InvalidInput(f"{key} is {value[key]!r}: give a text, or leave it out.")
    return dict(value)


def next_state(
    jobs: Mapping[str, Sequence[Job]],
    *,
    refused: Mapping[str, str],
    last: str,
    taken: Mapping[str, str] | None,
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
        if taken and taken["step"] == step:
            raise met(taken)
        return step
    if taken and taken["step"] == RECORD:
        raise met(taken)
    return last


def met(taken: Mapping[str, str]) -> PlanningError:
    """The very error that a step met, to be raised again."""
    # Step Functions names an error by its class, and the first error's name is the one to keep.
    named: type[PlanningError] = type(taken["error"], (PlanningError,), {})
    return named(taken["cause"])


def finished_by(recorded: Mapping[str, Any] | None) -> str:
    """The execution that recorded a run, as `RecordAudit` compares it."""
    return str((recorded or {}).get("finished_by") or NOBODY)


def passed(verdict: Mapping[str, Any] | None) -> bool:
    """Whether a job's verdict passed; a job that left none did not."""
    return verdict is not None and verdict.get("passed") is True


def wait_seconds(started_at: str, now: datetime) -> int:
    """How long to wait for another execution: a twentieth of the time waited so far, within bounds.

    Args:
        started_at: when the execution started, ISO 8601.
        now: with a time zone.
    """
    waited = (now - datetime.fromisoformat(started_at)).total_seconds()
    return int(min(LONGEST_WAIT, max(SHORTEST_WAIT, waited / 20)))


def utc_now() -> datetime:
    """The current time, with its zone."""
    return datetime.now(UTC)


def put_plan(s3: Any, bucket: str, run: str, body: Mapping[str, object]) -> str:
    """Write `plan.json` and return its S3 URI.

    Its place is named by its content: two executions of the same run may plan differently (a champion moved
    between them), and neither may change the plan under the other's running jobs.
    """
    uri = f"s3://{bucket}/runs/{run}/{digest(body)[:16]}/plan.json"
    _, key = split_uri(uri)
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(body, indent=1).encode())
    return uri
