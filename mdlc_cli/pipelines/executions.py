"""Reads pipelines and their executions by CodePipeline's API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_constructs.suggestions import did_you_mean

IN_PROGRESS, SUCCEEDED, FAILED = "InProgress", "Succeeded", "Failed"
ENDED = ("Succeeded", "Failed", "Stopped", "Cancelled", "Superseded")
SHORT_COMMIT = 8


@dataclass(frozen=True, kw_only=True)
class ActionView:
    """An action of a stage, and how its latest run ended.

    Attributes:
        stage: the stage's name.
        name: the action's name.
        status: CodePipeline's status; empty if it has not run.
        execution: the pipeline execution of the stage's latest run.
        summary: what the action says, such as the text for an approver.
        error: why it failed.
        token: the token of a pending approval.
        external_id: the build, execution or stack that it started.
        changed: when its status changed.
    """

    stage: str
    name: str
    status: str = ""
    execution: str = ""
    summary: str = ""
    error: str = ""
    token: str = ""
    external_id: str = ""
    changed: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The action for `--json`, without the approval's token."""
        return {
            "stage": self.stage,
            "action": self.name,
            "status": self.status or None,
            "execution": self.execution or None,
            "summary": self.summary or None,
            "error": self.error or None,
            "waits_for_approval": bool(self.token),
            "external_id": self.external_id or None,
            "changed": self.changed,
        }


@dataclass(frozen=True, kw_only=True)
class ExecutionView:
    """An execution of a pipeline.

    Attributes:
        id: its id.
        status: CodePipeline's status.
        commit: the commit that it releases; empty before its source was read.
        message: the first line of the commit's message.
        started: when it began.
        summary: why it failed.
        rollback: whether it takes a stage back to an earlier commit.
    """

    id: str
    status: str
    commit: str
    message: str
    started: datetime | None
    summary: str = ""
    rollback: bool = False

    def to_json(self) -> dict[str, Any]:
        """The execution for `--json`."""
        return {
            "execution": self.id,
            "status": self.status,
            "commit": self.commit or None,
            "message": self.message or None,
            "started": self.started,
            "summary": self.summary or None,
            "rollback": self.rollback,
        }


def choose(target: Target, name: str | None) -> str:
    """The pipeline of that name, or the only one.

    Raises:
        CommandError: there is none, several, or none of that name.
    """
    pages = target.client("codepipeline").get_paginator("list_pipelines").paginate()
    names = [each["name"] for page in pages for each in page["pipelines"]]
    if name in names:
        return str(name)
    if not names:
        raise CommandError("no pipeline is deployed: deploy a stack with a DeliveryPipeline first")
    if name is not None:
        meant = did_you_mean(name, names)
        raise CommandError(
            f"there is no pipeline {name}: {meant or 'name one of ' + ', '.join(sorted(names))}"
        )
    if len(names) > 1:
        raise CommandError(f"there are several pipelines: name one of {', '.join(sorted(names))}")
    return str(names[0])


def start(target: Target, pipeline: str) -> str:
    """Start an execution of the branch's head; returns its id."""
    started = target.client("codepipeline").start_pipeline_execution(name=pipeline)
    return str(started["pipelineExecutionId"])


def latest(target: Target, pipeline: str, *, limit: int = 10) -> list[ExecutionView]:
    """The latest executions, the newest first."""
    listed = target.client("codepipeline").list_pipeline_executions(pipelineName=pipeline, maxResults=limit)
    return [_execution(each) for each in listed["pipelineExecutionSummaries"]]


def _execution(summary: dict[str, Any]) -> ExecutionView:
    revisions = summary.get("sourceRevisions") or [{}]
    message = str(revisions[0].get("revisionSummary") or "").strip()
    return ExecutionView(
        id=summary["pipelineExecutionId"],
        status=summary["status"],
        commit=str(revisions[0].get("revisionId") or ""),
        message=message.splitlines()[0] if message else "",
        started=summary.get("startTime"),
        summary=str(summary.get("statusSummary") or ""),
        rollback=summary.get("executionType") == "ROLLBACK",
    )


def actions(target: Target, pipeline: str) -> list[ActionView]:
    """The actions of all stages, with their latest runs."""
    state = target.client("codepipeline").get_pipeline_state(name=pipeline)
    return [view for stage in state["stageStates"] for view in _actions(stage)]


def _actions(stage: dict[str, Any]) -> Iterator[ActionView]:
    execution = stage.get("latestExecution", {}).get("pipelineExecutionId", "")
    for action in stage["actionStates"]:
        run = action.get("latestExecution") or {}
        yield ActionView(
            stage=stage["stageName"],
            name=action["actionName"],
            status=run.get("status", ""),
            execution=execution,
            summary=run.get("summary") or "",
            error=(run.get("errorDetails") or {}).get("message", ""),
            token=run.get("token") or "",
            external_id=run.get("externalExecutionId") or "",
            changed=run.get("lastStatusChange"),
        )
    for member, words in (
        ("beforeEntryConditionState", "the stage's entry"),
        ("onSuccessConditionState", "the watch after the stage"),
    ):
        for condition in (stage.get(member) or {}).get("conditionStates", ()):
            for rule in condition.get("ruleStates", ()):
                run = rule.get("latestExecution") or {}
                yield ActionView(
                    stage=stage["stageName"],
                    name=f"{rule['ruleName']} ({words})",
                    status=run.get("status", ""),
                    execution=execution,
                    error=run.get("summary", "") if run.get("status") == FAILED else "",
                    changed=run.get("lastStatusChange"),
                )


def ended(target: Target, pipeline: str, execution: str) -> ExecutionView | None:
    """An execution that has ended, or None while it runs.

    Raises:
        CommandError: the pipeline or the execution does not exist any more.
    """
    try:
        described = target.client("codepipeline").get_pipeline_execution(
            pipelineName=pipeline, pipelineExecutionId=execution
        )["pipelineExecution"]
    except ClientError as error:
        if error.response["Error"]["Code"].startswith("Pipeline"):
            raise CommandError(
                f"the execution {execution} of {pipeline} does not exist (any more)"
            ) from error
        raise
    if described["status"] not in ENDED:
        return None
    revisions = described.get("artifactRevisions") or [{}]
    return _execution(
        {**described, "sourceRevisions": [revisions[0]], "startTime": None, "pipelineExecutionId": execution}
    )


def pause(target: Target) -> None:
    """Wait until the next look."""
    time.sleep(0.3 if target.is_local else 5)
