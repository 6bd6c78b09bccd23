"""Pipelines and their executions."""

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mdlc_local import clock
from mdlc_local.scopes import Scope

IN_PROGRESS, SUCCEEDED, FAILED, STOPPED, STOPPING = "InProgress", "Succeeded", "Failed", "Stopped", "Stopping"
CANCELLED, ABANDONED = "Cancelled", "Abandoned"

changed = threading.Condition(threading.RLock())
"""Held to read or change records; notified after each change."""


@dataclass(eq=False)
class ActionRun:
    """One run of an action.

    Attributes:
        stage: the stage's name.
        action: the action's declaration.
        token: the token of a pending approval.
    """

    stage: str
    action: dict[str, Any]
    status: str = IN_PROGRESS
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: Any = field(default_factory=clock.now)
    updated: Any = field(default_factory=clock.now)
    summary: str = ""
    error: dict[str, str] | None = None
    external_id: str = ""
    token: str = ""
    updated_by: str = ""
    configuration: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    verdict: str = ""


@dataclass(eq=False)
class PipelineExecution:
    """One execution of a pipeline.

    Attributes:
        declaration: the pipeline's declaration when the execution began.
        position: the index of the stage that it is in.
        variables: output variables by namespace.
        artifacts: where the artifacts are, by name: bucket, key and KMS key.
        rolled_back: the execution whose artifacts a rollback deploys again.
    """

    pipeline: "PipelineRecord"
    declaration: dict[str, Any]
    trigger: dict[str, str]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = IN_PROGRESS
    summary: str = ""
    started: Any = field(default_factory=clock.now)
    updated: Any = field(default_factory=clock.now)
    position: int = 0
    entered: bool = False
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    artifacts: dict[str, dict[str, str]] = field(default_factory=dict)
    revisions: list[dict[str, Any]] = field(default_factory=list)
    stage_status: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: list[ActionRun] = field(default_factory=list)
    kind: str = "STANDARD"
    rolled_back: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    abandon: threading.Event = field(default_factory=threading.Event)
    stop_reason: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing of it runs any more."""
        return self.status not in (IN_PROGRESS, STOPPING)

    @property
    def version(self) -> int:
        """The pipeline's version when it began."""
        return int(self.declaration["version"])


@dataclass(eq=False)
class PipelineRecord:
    """A pipeline with its executions, the oldest first."""

    declaration: dict[str, Any]
    scope: Scope
    created: Any = field(default_factory=clock.now)
    updated: Any = field(default_factory=clock.now)
    tags: dict[str, str] = field(default_factory=dict)
    executions: list[PipelineExecution] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return str(self.declaration["name"])

    @property
    def arn(self) -> str:
        """The pipeline's ARN."""
        return f"arn:aws:codepipeline:{self.scope.region}:{self.scope.account}:{self.name}"

    def execution(self, id_: str) -> PipelineExecution | None:
        """An execution by its id."""
        return next((each for each in self.executions if each.id == id_), None)


_pipelines: dict[tuple[Scope, str], PipelineRecord] = {}


def find(name: str, scope: Scope) -> PipelineRecord | None:
    """A pipeline by its name."""
    return _pipelines.get((scope, name))


def add(pipeline: PipelineRecord) -> None:
    """Add a pipeline."""
    _pipelines[pipeline.scope, pipeline.name] = pipeline


def remove(name: str, scope: Scope) -> PipelineRecord | None:
    """Remove a pipeline; returns it."""
    return _pipelines.pop((scope, name), None)


def all_in(scope: Scope) -> Iterator[PipelineRecord]:
    """All pipelines of an account and region."""
    return (
        pipeline
        for (owner, _), pipeline in sorted(_pipelines.items(), key=lambda item: item[0][1])
        if owner == scope
    )


def clear() -> None:
    """Abandon all executions and forget all pipelines."""
    with changed:
        for pipeline in _pipelines.values():
            for execution in pipeline.executions:
                execution.stop.set()
                execution.abandon.set()
        _pipelines.clear()
        changed.notify_all()
