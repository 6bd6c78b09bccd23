"""What CodePipeline shows of its pipelines and executions."""

from typing import Any

from mdlc_local.code_pipeline import lookup, records
from mdlc_local.code_pipeline.records import ActionRun, PipelineExecution, PipelineRecord
from mdlc_local.scopes import Scope


def get_state(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """GetPipelineState: of each stage the latest execution and its actions."""
    pipeline = lookup.pipeline(request["name"], scope)
    with records.changed:
        return {
            "pipelineName": pipeline.name,
            "pipelineVersion": pipeline.declaration["version"],
            "created": pipeline.created,
            "updated": pipeline.updated,
            "stageStates": [
                _stage_state(pipeline, position, stage)
                for position, stage in enumerate(pipeline.declaration["stages"])
            ],
        }


def _stage_state(pipeline: PipelineRecord, position: int, stage: dict[str, Any]) -> dict[str, Any]:
    name = stage["name"]
    latest = next((each for each in reversed(pipeline.executions) if name in each.stage_status), None)
    waiting = [
        each
        for each in pipeline.executions
        if not each.ended and each.position == position and not each.entered
    ]
    state: dict[str, Any] = {
        "stageName": name,
        "inboundTransitionState": {"enabled": True},
        "inboundExecutions": [
            {"pipelineExecutionId": each.id, "status": records.IN_PROGRESS, "type": each.kind}
            for each in waiting
        ],
        "actionStates": [_action_state(pipeline, name, action["name"]) for action in stage["actions"]],
    }
    if latest is None:
        return state
    state["latestExecution"] = {
        "pipelineExecutionId": latest.id, "status": latest.stage_status[name], "type": latest.kind
    }  # fmt: skip
    condition = latest.conditions.get(name)
    if condition is not None:
        rules = [{"ruleName": rule, "latestExecution": each} for rule, each in condition["rules"].items()]
        result = {"latestExecution": {"status": condition["status"]}}
        state["onSuccessConditionState"] = {**result, "conditionStates": [{**result, "ruleStates": rules}]}
    return state


def _action_state(pipeline: PipelineRecord, stage: str, action: str) -> dict[str, Any]:
    runs = [
        run
        for execution in pipeline.executions
        for run in execution.runs
        if run.stage == stage and run.action["name"] == action
    ]
    if not runs:
        return {"actionName": action}
    run = runs[-1]
    return {"actionName": action, "latestExecution": _latest(run)}


def _latest(run: ActionRun) -> dict[str, Any]:
    return {
        "actionExecutionId": run.id,
        "status": run.status,
        "summary": run.summary,
        "lastStatusChange": run.updated,
        "token": run.token or None,
        "externalExecutionId": run.external_id or None,
        "errorDetails": run.error,
    }


def get_execution(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """GetPipelineExecution."""
    execution = lookup.execution(request, scope)
    return {
        "pipelineExecution": {
            "pipelineName": execution.pipeline.name,
            "pipelineVersion": execution.version,
            "pipelineExecutionId": execution.id,
            "status": execution.status,
            "statusSummary": execution.summary or None,
            "artifactRevisions": [
                {"name": each["actionName"], **each} for each in execution.revisions if "revisionId" in each
            ],
            "trigger": execution.trigger,
            "executionMode": "QUEUED",
            "executionType": execution.kind,
            **_rollback(execution),
        }
    }


def list_executions(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListPipelineExecutions, the latest first."""
    pipeline = lookup.pipeline(request["pipelineName"], scope)
    summaries = [
        {
            "pipelineExecutionId": each.id,
            "status": each.status,
            "statusSummary": each.summary or None,
            "startTime": each.started,
            "lastUpdateTime": each.updated,
            "sourceRevisions": [revision for revision in each.revisions if "revisionId" in revision],
            "trigger": each.trigger,
            "stopTrigger": {"reason": each.stop_reason} if each.stop_reason else None,
            "executionMode": "QUEUED",
            "executionType": each.kind,
            **_rollback(each),
        }
        for each in reversed(pipeline.executions)
    ]
    return {"pipelineExecutionSummaries": summaries[: request.get("maxResults", 100)]}


def list_actions(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListActionExecutions, the latest first."""
    pipeline = lookup.pipeline(request["pipelineName"], scope)
    wanted = request.get("filter", {}).get("pipelineExecutionId")
    details = [
        {
            "pipelineExecutionId": execution.id,
            "actionExecutionId": run.id,
            "pipelineVersion": execution.version,
            "stageName": run.stage,
            "actionName": run.action["name"],
            "startTime": run.started,
            "lastUpdateTime": run.updated,
            "status": run.status,
            "input": {
                "actionTypeId": run.action["actionTypeId"],
                "configuration": run.action.get("configuration", {}),
                "resolvedConfiguration": run.configuration,
                "roleArn": run.action.get("roleArn"),
                "region": run.action.get("region"),
                "inputArtifacts": run.inputs,
                "namespace": run.action.get("namespace"),
            },
            "output": {
                "outputArtifacts": run.artifacts,
                "executionResult": {
                    "externalExecutionId": run.external_id or None,
                    "externalExecutionSummary": run.summary or None,
                    "errorDetails": run.error,
                },
                "outputVariables": run.outputs,
            },
        }
        for execution in reversed(pipeline.executions)
        if wanted in (None, execution.id)
        for run in reversed(execution.runs)
    ]
    return {"actionExecutionDetails": details}


def _rollback(execution: PipelineExecution) -> dict[str, Any]:
    if not execution.rolled_back:
        return {}
    return {"rollbackMetadata": {"rollbackTargetPipelineExecutionId": execution.rolled_back}}
