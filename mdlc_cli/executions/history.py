"""Reads an execution's history: the states entered, the jobs started and the failure. Pure functions."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

Event = Mapping[str, Any]

JOB_KINDS = {
    "ProcessingJobName": "/aws/sagemaker/ProcessingJobs",
    "TrainingJobName": "/aws/sagemaker/TrainingJobs",
    "TransformJobName": "/aws/sagemaker/TransformJobs",
}
"""By the request member that names a SageMaker job: the log group that the job writes to."""

TUNING_JOB = "HyperParameterTuningJobName"
"""The request member that names a tuning job, whose trials are training jobs."""

_ENDINGS = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionAborted": "ABORTED",
    "ExecutionTimedOut": "TIMED_OUT",
}


@dataclass(frozen=True, kw_only=True)
class Job:
    """A SageMaker job that a state started.

    Attributes:
        is_tuning: whether it is a tuning job, whose logs are those of its trials.
    """

    name: str
    log_group: str
    is_tuning: bool = False

    @property
    def streams(self) -> str:
        """What the names of its log streams begin with."""
        return f"{self.name}-" if self.is_tuning else f"{self.name}/"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One entry into a state.

    Attributes:
        ended: when the state was left, successfully or not; None while it runs.
        failed: whether it ended with an error, caught or not.
        inside: whether it is a state inside a Map or Parallel state.
        error: the name of the error it ended with.
        cause: the cause of that error, as the service reported it.
        package_arn: ARN of the version that a person is asked about while it runs, or empty.
        bakes_seconds: the least time for which alarms watch the endpoint that this state updates; 0 when it
            updates none.
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
    package_arn: str = ""
    bakes_seconds: float = 0


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """An execution's history so far. ``status`` is RUNNING until the history has its last event."""

    started: datetime
    visits: tuple[Visit, ...]
    status: str
    ended: datetime | None
    error: str
    cause: str

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that the execution started, in order."""
        return tuple(visit.job for visit in self.visits if visit.job is not None)

    @property
    def first_failure(self) -> Visit | None:
        """The first state that ended with an error, caught or not."""
        return next((visit for visit in self.visits if visit.failed), None)


def timeline(events: Sequence[Event]) -> Timeline | None:
    """The timeline of GetExecutionHistory's events (oldest first), or None when there are none yet."""
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
            # The successor of a state inside a Map is inside as well; the Map's exit ends that.
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
            request = _request(details)
            job = _job(request) or visits[current].job
            bakes = baking_seconds(request) or visits[current].bakes_seconds
            failed = kind.endswith(("Failed", "TimedOut"))
            what = {"error": details.get("error", ""), "cause": details.get("cause", "")} if failed else {}
            asked = _asked_about(request) or visits[current].package_arn
            visits[current] = replace(
                visits[current], job=job, failed=failed, bakes_seconds=bakes, package_arn=asked, **what
            )
        if current is not None:
            visit_of[identity] = current
    if ended is not None:
        # A state that failed the execution has no exit event; its end is the execution's.
        visits = {key: visit if visit.ended else replace(visit, ended=ended) for key, visit in visits.items()}
    return Timeline(
        started=events[0]["timestamp"], visits=tuple(visits.values()), status=status, ended=ended,
        error=error, cause=cause,
    )  # fmt: skip


def entered_line(visit: Visit, started: datetime) -> str:
    """``   12.3 s  Train``: seconds from the execution's start to the state's entry, and its name."""
    indent = "  " if visit.inside else ""
    return f"{(visit.entered - started).total_seconds():7.1f} s  {indent}{visit.state}"


def baking_line(now: Timeline, time_scale: float) -> str:
    """A sentence on how long the endpoint's update bakes; empty when no update is in progress.

    Args:
        now: the execution's timeline.
        time_scale: the factor by which the local AWS shortens waits; 1 on AWS.
    """
    asked = next((visit for visit in reversed(now.visits) if visit.bakes_seconds), None)
    if asked is None or asked.failed or now.status != "RUNNING":
        return ""
    seconds = asked.bakes_seconds / time_scale
    until = (asked.entered + timedelta(seconds=seconds)).astimezone(UTC)
    return (
        f"the endpoint bakes for {seconds:.0f} s while alarms watch it, "
        f"until {until:%H:%M:%S} UTC at the earliest"
    )


def awaited_package(now: Timeline) -> str:
    """ARN of the version that an execution waits for a person to decide about; empty when it does not."""
    last = now.visits[-1] if now.visits else None
    return "" if last is None or last.ended is not None else last.package_arn


def waiting_line(now: Timeline) -> str:
    """A sentence with the command that ends the wait for a person; empty when nobody is waited for."""
    package_arn = awaited_package(now)
    if not package_arn:
        return ""
    model, _, version = package_arn.rpartition(":")[2].removeprefix("model-package/").rpartition("/")
    return f"version {version} waits for a person: `mdlc approve {version} --model {model}`"


def _asked_about(request: Mapping[str, Any]) -> str:
    """The version in the request of a task that waits for a person's decision."""
    payload = request.get("Payload")
    if not isinstance(payload, Mapping) or payload.get("step") != "await_approval":
        return ""
    return str(payload.get("package_arn", ""))


def flattened(output: str | None, *, prefix: str = "") -> list[tuple[str, str]]:
    """An execution's output as (name, value) rows of a table; nested objects get dotted names."""
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
    """The visit that an exit event ends: the current one, or else the oldest open one of that state."""
    if current is not None and visits[current].state == state:
        return current
    return next((key for key, visit in visits.items() if visit.state == state and visit.ended is None), None)


def baking_seconds(request: Mapping[str, Any]) -> float:
    """Seconds that an endpoint's update waits, by its `DeploymentConfig`.

    The number of steps is only known for sizes in percent of capacity; otherwise one step is counted.
    """
    config = request.get("DeploymentConfig") or {}
    policy = config.get("BlueGreenUpdatePolicy") or {}
    routing = policy.get("TrafficRoutingConfiguration") or {}
    rolling = config.get("RollingUpdatePolicy") or {}
    kept = float(policy.get("TerminationWaitInSeconds") or 0)
    watched = float(routing.get("WaitIntervalInSeconds") or 0)
    if routing.get("Type") == "ALL_AT_ONCE":
        # A single bake: the old fleet is kept while alarms watch all traffic.
        return max(watched, kept)
    waits = _steps(routing.get("LinearStepSize")) * watched
    waits += _steps(rolling.get("MaximumBatchSize")) * float(rolling.get("WaitIntervalInSeconds") or 0)
    return waits + kept


def _steps(size: Mapping[str, Any] | None) -> int:
    if not size or size.get("Type") != "CAPACITY_PERCENT":
        return 1
    return math.ceil(100 / float(size["Value"]))


def _request(details: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request that a task sent to a service; empty when it is not a JSON object."""
    try:
        request = json.loads(details.get("parameters") or "{}")
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def _job(request: Mapping[str, Any]) -> Job | None:
    if request.get(TUNING_JOB):
        group = JOB_KINDS["TrainingJobName"]
        return Job(name=str(request[TUNING_JOB]), log_group=group, is_tuning=True)
    for member, group in JOB_KINDS.items():
        if request.get(member):
            return Job(name=str(request[member]), log_group=group)
    return None
