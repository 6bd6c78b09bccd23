"""Runs executions of pipelines: stage by stage, each execution in its own thread.

In QUEUED mode an execution enters a stage when all earlier executions have left it. Source:
https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
"""

import contextvars
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mdlc_local import clock, service_events
from mdlc_local.code_pipeline import conditions, declaration, records
from mdlc_local.code_pipeline.actions import approval, build, cloudformation, source, state_machine
from mdlc_local.code_pipeline.actions.action import Action, ActionAbandoned, ActionFailed
from mdlc_local.code_pipeline.records import ActionRun, PipelineExecution, PipelineRecord

log = logging.getLogger("mdlc_local.code_pipeline")

RUNNERS = {
    "CodeStarSourceConnection": source.run,
    "CodeCommit": source.run,
    "CodeBuild": build.run,
    "CloudFormation": cloudformation.run,
    "Manual": approval.run,
    "StepFunctions": state_machine.run,
}


def start(
    pipeline: PipelineRecord, trigger: dict[str, str], revisions: list[dict[str, Any]] | None = None
) -> PipelineExecution:
    """Start an execution, in the current request's context."""
    execution = PipelineExecution(
        pipeline=pipeline, declaration=pipeline.declaration, trigger=trigger, revisions=list(revisions or ())
    )
    _begin(execution)
    return execution


def roll_back(
    pipeline: PipelineRecord, stage: str, target: PipelineExecution, trigger: dict[str, str]
) -> PipelineExecution:
    """Run a stage again with the artifacts and variables of an earlier execution."""
    names = [each["name"] for each in pipeline.declaration["stages"]]
    execution = PipelineExecution(
        pipeline=pipeline,
        declaration=pipeline.declaration,
        trigger=trigger,
        kind="ROLLBACK",
        rolled_back=target.id,
        position=names.index(stage),
        variables={name: dict(values) for name, values in target.variables.items()},
        artifacts=dict(target.artifacts),
        revisions=list(target.revisions),
    )
    _begin(execution, stage)
    return execution


def _begin(execution: PipelineExecution, only_stage: str = "") -> None:
    with records.changed:
        execution.pipeline.executions.append(execution)
        records.changed.notify_all()
    _publish(execution, "STARTED")
    context = contextvars.copy_context()
    threading.Thread(
        target=context.run, args=(_run, execution, only_stage), daemon=True, name=f"pipeline {execution.id}"
    ).start()


def last_success(pipeline: PipelineRecord, stage: str, before: PipelineExecution) -> PipelineExecution | None:
    """The latest execution that succeeded in a stage with the same structure of the pipeline, or None."""
    return next(
        (
            each
            for each in reversed(pipeline.executions)
            if each is not before
            and each.kind == "STANDARD"
            and each.version == before.version
            and each.stage_status.get(stage) == records.SUCCEEDED
        ),
        None,
    )


def cancel(pipeline: PipelineRecord) -> None:
    """Cancel the running executions of a pipeline whose definition has changed.

    Actions in progress end by themselves; nothing follows them.
    """
    with records.changed:
        for execution in pipeline.executions:
            if not execution.ended:
                execution.status = records.CANCELLED
                execution.updated = clock.now()
                stage = execution.declaration["stages"][execution.position]["name"]
                execution.stage_status[stage] = records.CANCELLED
        records.changed.notify_all()


def _run(execution: PipelineExecution, only_stage: str) -> None:
    try:
        for position, stage in enumerate(execution.declaration["stages"]):
            if only_stage and stage["name"] != only_stage:
                continue
            if not _enter(execution, position):
                break
            if not _run_stage(execution, stage):
                break
        else:
            _end(execution, records.SUCCEEDED)
    except Exception as error:
        log.exception("pipeline execution %s broke", execution.id)
        execution.summary = f"InternalError: {error!r}"
        _end(execution, records.FAILED)
    if execution.status == records.STOPPING:
        _end(execution, records.STOPPED)


def _enter(execution: PipelineExecution, position: int) -> bool:
    """Wait until the stage is free; returns whether the execution goes on."""
    pipeline = execution.pipeline
    with records.changed:
        execution.position, execution.entered = position, False
        records.changed.notify_all()
        records.changed.wait_for(lambda: _may_enter(pipeline, execution, position) or _halted(execution))
        if _halted(execution):
            return False
        execution.entered = True
        execution.stage_status[execution.declaration["stages"][position]["name"]] = records.IN_PROGRESS
        return True


def _may_enter(pipeline: PipelineRecord, execution: PipelineExecution, position: int) -> bool:
    earlier = pipeline.executions[: pipeline.executions.index(execution)]
    return all(each.ended or each.position > position for each in earlier)


def _halted(execution: PipelineExecution) -> bool:
    return execution.stop.is_set() or execution.status == records.CANCELLED


def _run_stage(execution: PipelineExecution, stage: dict[str, Any]) -> bool:
    """Run a stage; returns whether the execution goes on."""
    name = stage["name"]
    for group in declaration.groups(stage):
        if not _run_group(execution, name, group):
            if execution.abandon.is_set() or execution.status == records.CANCELLED:
                return False
            return _fail(
                execution, stage, rolls_back=(stage.get("onFailure") or {}).get("result") == "ROLLBACK"
            )
        if _halted(execution):
            if execution.status != records.CANCELLED:
                execution.stage_status[name] = records.STOPPED
            return False
    if not conditions.hold(execution, stage):
        return _fail(execution, stage, rolls_back=True)
    with records.changed:
        if execution.status == records.CANCELLED:
            return False
        execution.stage_status[name] = records.SUCCEEDED
        records.changed.notify_all()
    return True


def _fail(execution: PipelineExecution, stage: dict[str, Any], *, rolls_back: bool) -> bool:
    name = stage["name"]
    execution.stage_status[name] = records.FAILED
    target = None
    # A rollback that fails is not rolled back again.
    if rolls_back and execution.kind == "STANDARD":
        target = last_success(execution.pipeline, name, execution)
        if target is None:
            reason = f"{execution.summary}. " if execution.summary else ""
            execution.summary = f"{reason}No earlier execution of the stage {name} is there to roll back to"
    _end(execution, records.FAILED)
    if target is not None:
        detail = {
            "triggerType": "AutomatedRollback",
            "triggerDetail": f"FailedPipelineExecutionId: {execution.id}",
        }
        roll_back(execution.pipeline, name, target, detail)
    return False


def _run_group(execution: PipelineExecution, stage: str, group: list[dict[str, Any]]) -> bool:
    """Run the actions that run at the same time; returns whether all succeeded."""
    context = contextvars.copy_context()
    with ThreadPoolExecutor(len(group)) as pool:
        outcomes = [
            pool.submit(context.copy().run, _run_action, execution, stage, action) for action in group
        ]
        # All end before the stage does, also after one has failed.
        results = [outcome.result() for outcome in outcomes]
    return all(results)


def _run_action(execution: PipelineExecution, stage: str, declared: dict[str, Any]) -> bool:
    run = ActionRun(stage=stage, action=declared)
    action = Action(execution, run)
    with records.changed:
        execution.runs.append(run)
        records.changed.notify_all()
    status, error = records.SUCCEEDED, None
    try:
        action.resolve()
        action.assume_role()
        run.inputs = [
            {"name": each["name"], "s3location": {
                key: execution.artifacts[each["name"]][key] for key in ("bucket", "key")}}
            for each in declared.get("inputArtifacts", ())
            if each["name"] in execution.artifacts
        ]  # fmt: skip
        RUNNERS[declared["actionTypeId"]["provider"]](action)
    except ActionFailed as failed:
        status, error = records.FAILED, {"code": failed.code, "message": failed.message[:5000]}
    except ActionAbandoned:
        status = records.ABANDONED
    except Exception as broken:
        log.exception("action %s of %s broke", declared["name"], execution.pipeline.name)
        status, error = records.FAILED, {"code": "InternalError", "message": repr(broken)}
    with records.changed:
        run.status, run.error, run.updated, run.token = status, error, clock.now(), ""
        if declared.get("namespace"):
            execution.variables[declared["namespace"]] = dict(run.outputs)
        if error is not None and not execution.summary:
            execution.summary = f"{stage}/{declared['name']}: {error['message']}"[:2000]
        records.changed.notify_all()
    return status == records.SUCCEEDED


def _end(execution: PipelineExecution, status: str) -> None:
    with records.changed:
        if execution.status != records.CANCELLED:
            if execution.status == records.STOPPING or execution.stop.is_set():
                status = records.STOPPED
            execution.status = status
        execution.updated = clock.now()
        records.changed.notify_all()
    _publish(execution, execution.status.upper())


def _publish(execution: PipelineExecution, state: str) -> None:
    pipeline = execution.pipeline
    service_events.put_event(
        "CodePipeline Pipeline Execution State Change",
        {
            "pipeline": pipeline.name,
            "execution-id": execution.id,
            "state": state,
            "version": execution.version,
            "pipeline-execution-type": execution.kind,
        },
        pipeline.arn,
        source="aws.codepipeline",
    )
