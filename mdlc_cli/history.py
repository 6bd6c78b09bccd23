"""Reads an execution's history: which states were entered when, which jobs ran, what it failed of. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

Event = Mapping[str, Any]

JOB_KINDS = {
    "ProcessingJobName": "/aws/sagemaker/ProcessingJobs",
    "TrainingJobName": "/aws/sagemaker/TrainingJobs",
    "TransformJobName": "/aws/sagemaker/TransformJobs",
}
"""The request member that names a SageMaker job, to the log group that the job writes to."""

_ENDINGS = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionAborted": "ABORTED",
    "ExecutionTimedOut": "TIMED_OUT",
}


@dataclass(frozen=True, kw_only=True)
class Job:
    """A SageMaker job that a state started."""

    name: str
    log_group: str


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A state that was entered.

    Attributes:
        ended: when it was left, successfully or not; None while it runs.
        failed: whether it ended with an error, caught or not.
        inside: whether it is one of a map's or a parallel state's own states.
        error: the name of the error it ended with.
        cause: what the service said about it.
    """

    event_id: int
    state: str
    kind: str
    entered: datetime
    ended: datetime | None = None
    failed: bool = False
    inside: bool = False
    job: Job | None = None
    error: str = ""
    cause: str = ""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """An execution so far. ``status`` is RUNNING until its last event is there."""

    started: datetime
    visits: tuple[Visit, ...]
    status: str
    ended: datetime | None
    error: str
    cause: str

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that were started, in order."""
        return tuple(visit.job for visit in self.visits if visit.job is not None)

    @property
    def first_failure(self) -> Visit | None:
        """The first state that ended with an error, caught or not."""
        return next((visit for visit in self.visits if visit.failed), None)


def timeline(events: Sequence[Event]) -> Timeline | None:
    """What the events of GetExecutionHistory (oldest first) tell; None before the first one."""
    if not events:
        return None
    visits: dict[int, Visit] = {}
    visit_of: dict[int, int] = {}
    status, ended, error, cause = "RUNNING", None, "", ""
    for event in events:
        identity, kind, at = event["id"], event["type"], event["timestamp"]
        current = visit_of.get(event.get("previousEventId", 0))
        details = _details(event)
        if kind.endswith("StateEntered"):
            # A state that follows one inside a map is inside, too; the exit of the map leads out again.
            inside = current is not None and (_holds_others(visits[current]) or visits[current].inside)
            visits[identity] = Visit(
                event_id=identity, state=details["name"], kind=kind.removesuffix("StateEntered"), entered=at,
                inside=inside,
            )  # fmt: skip
            current = identity
        elif kind.endswith("StateExited"):
            current = _open_visit(visits, details["name"], current)
            if current is not None:
                visits[current] = replace(visits[current], ended=at)
        elif kind in _ENDINGS:
            status, ended = _ENDINGS[kind], at
            error, cause = details.get("error") or error, details.get("cause") or cause
        elif current is not None and kind.startswith(("Task", "LambdaFunction")):
            job = _job(details) or visits[current].job
            failed = kind.endswith(("Failed", "TimedOut"))
            what = {"error": details.get("error", ""), "cause": details.get("cause", "")} if failed else {}
            visits[current] = replace(visits[current], job=job, failed=failed, **what)
        if current is not None:
            visit_of[identity] = current
    if ended is not None:
        # A failed state has no exit of its own; the execution's end is what is known.
        visits = {key: visit if visit.ended else replace(visit, ended=ended) for key, visit in visits.items()}
    return Timeline(
        started=events[0]["timestamp"], visits=tuple(visits.values()), status=status, ended=ended,
        error=error, cause=cause,
    )  # fmt: skip


def entered_line(visit: Visit, started: datetime) -> str:
    """``   12.3 s  Train``: a state as it is entered, seconds since the execution's start."""
    indent = "  " if visit.inside else ""
    return f"{(visit.entered - started).total_seconds():7.1f} s  {indent}{visit.state}"


def explained(cause: str) -> str:
    """What a person needs of an error's cause: a service's own reason instead of its whole answer as JSON."""
    try:
        content = json.loads(cause)
    except ValueError:
        return cause
    if not isinstance(content, dict):
        return cause
    for key in ("FailureReason", "errorMessage", "Message", "message", "Cause"):
        if content.get(key):
            return explained(str(content[key]))
    return cause


def flattened(output: str | None, *, prefix: str = "") -> list[tuple[str, str]]:
    """An execution's output as names and values for a table; nested objects by dotted names."""
    if not output:
        return []
    content = json.loads(output)
    return list(_flat(content, prefix)) if isinstance(content, dict) else [(prefix or "output", str(content))]


def _flat(content: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, str]]:
    for key, value in content.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, list):
            yield name, "; ".join(str(each) for each in value)
        else:
            yield name, "" if value is None else str(value)


def _details(event: Event) -> Mapping[str, Any]:
    for key, value in event.items():
        if key.endswith("EventDetails") and isinstance(value, Mapping):
            return value
    return {}


def _holds_others(visit: Visit) -> bool:
    return visit.kind in ("Map", "Parallel") and visit.ended is None


def _open_visit(visits: Mapping[int, Visit], state: str, current: int | None) -> int | None:
    """The visit that an exit ends: the one its chain of events leads to, or the oldest open one so named."""
    if current is not None and visits[current].state == state:
        return current
    return next((key for key, visit in visits.items() if visit.state == state and visit.ended is None), None)


def _job(details: Mapping[str, Any]) -> Job | None:
    try:
        request = json.loads(details.get("parameters") or "{}")
    except ValueError:
        return None
    for member, group in JOB_KINDS.items():
        if isinstance(request, dict) and request.get(member):
            return Job(name=str(request[member]), log_group=group)
    return None
