"""CodePipeline's operations."""

import contextlib
from typing import Any

from mdlc_local import clock, trust
from mdlc_local.code_pipeline import declaration, engine, lookup, records
from mdlc_local.code_pipeline.records import PipelineRecord
from mdlc_local.errors import ApiError
from mdlc_local.scopes import Scope

PRINCIPAL = "codepipeline.amazonaws.com"
_tokens: dict[tuple[Scope, str], str] = {}


def create(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """CreatePipeline; the first execution starts at once."""
    declared = request["pipeline"]
    with records.changed:
        if records.find(declared["name"], scope) is not None:
            raise ApiError(
                "PipelineNameInUseException", f"A pipeline with the name '{declared['name']}' already exists"
            )
        _check(declared, scope)
        pipeline = PipelineRecord(declaration={**declared, "version": 1}, scope=scope)
        pipeline.tags = {tag["key"]: tag["value"] for tag in request.get("tags", ())}
        records.add(pipeline)
    engine.start(pipeline, {"triggerType": "CreatePipeline", "triggerDetail": ""})
    return {"pipeline": pipeline.declaration, "tags": request.get("tags", [])}


def update(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """UpdatePipeline; executions in progress are cancelled, as their definition is no more."""
    declared = request["pipeline"]
    with records.changed:
        pipeline = lookup.pipeline(declared["name"], scope)
        _check(declared, scope)
        same = {**declared, "version": 0} == {**pipeline.declaration, "version": 0}
        if not same:
            version = pipeline.declaration["version"] + 1
            pipeline.declaration = {**declared, "version": version}
            pipeline.updated = clock.now()
            engine.cancel(pipeline)
    return {"pipeline": pipeline.declaration}


def delete(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DeletePipeline; what runs is abandoned."""
    with records.changed:
        pipeline = records.remove(request["name"], scope)
        for execution in pipeline.executions if pipeline else ():
            execution.stop.set()
            execution.abandon.set()
        records.changed.notify_all()
    return {}


def get(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """GetPipeline: its newest version only."""
    pipeline = lookup.pipeline(request["name"], scope)
    if request.get("version") not in (None, pipeline.declaration["version"]):
        raise ApiError(
            "PipelineVersionNotFoundException",
            f"{pipeline.name} is kept in its newest version, {pipeline.declaration['version']}, only",
        )
    metadata = {"pipelineArn": pipeline.arn, "created": pipeline.created, "updated": pipeline.updated}
    return {"pipeline": pipeline.declaration, "metadata": metadata}


def list_pipelines(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListPipelines."""
    return {
        "pipelines": [
            {
                "name": pipeline.name,
                "version": pipeline.declaration["version"],
                "pipelineType": "V2",
                "executionMode": pipeline.declaration["executionMode"],
                "created": pipeline.created,
                "updated": pipeline.updated,
            }
            for pipeline in records.all_in(scope)
        ]
    }


def start(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """StartPipelineExecution, optionally with commits to build instead of the branches' heads."""
    pipeline = lookup.pipeline(request["name"], scope)
    token = request.get("clientRequestToken")
    if request.get("variables"):
        raise ApiError("ValidationException", "variables: the pipeline declares none")
    if token and (scope, token) in _tokens:
        return {"pipelineExecutionId": _tokens[scope, token]}
    execution = engine.start(
        pipeline,
        {"triggerType": "StartPipelineExecution", "triggerDetail": ""},
        request.get("sourceRevisions"),
    )
    if token:
        _tokens[scope, token] = execution.id
    return {"pipelineExecutionId": execution.id}


def stop(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """StopPipelineExecution: after the actions in progress, or by abandoning them."""
    execution = lookup.execution(request, scope)
    with records.changed:
        if execution.ended:
            raise ApiError(
                "PipelineExecutionNotStoppableException",
                f"The execution {execution.id} is {execution.status} and cannot be stopped",
            )
        if execution.stop.is_set() and not request.get("abandon"):
            raise ApiError(
                "DuplicatedStopRequestException", f"The execution {execution.id} is stopping already"
            )
        execution.status, execution.stop_reason = records.STOPPING, request.get("reason", "")
        execution.stop.set()
        # An approval would wait for days; AWS's console stops it by abandoning, and so does this.
        if request.get("abandon"):
            execution.abandon.set()
        records.changed.notify_all()
    return {"pipelineExecutionId": execution.id}


def roll_back(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """RollbackStage: run a stage again as an earlier execution ran it."""
    pipeline = lookup.pipeline(request["pipelineName"], scope)
    _stage(pipeline, request["stageName"])
    target = pipeline.execution(request["targetPipelineExecutionId"])
    if target is None:
        raise ApiError(
            "PipelineExecutionNotFoundException",
            f"The execution {request['targetPipelineExecutionId']} does not exist",
        )
    if target.version != pipeline.declaration["version"]:
        raise ApiError(
            "PipelineExecutionOutdatedException",
            f"The execution {target.id} ran an earlier structure of the pipeline",
        )
    if target.stage_status.get(request["stageName"]) != records.SUCCEEDED:
        raise ApiError(
            "UnableToRollbackStageException",
            f"The execution {target.id} did not succeed in the stage {request['stageName']}",
        )
    execution = engine.roll_back(
        pipeline, request["stageName"], target, {"triggerType": "ManualRollback", "triggerDetail": ""}
    )
    return {"pipelineExecutionId": execution.id}


def put_approval_result(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """PutApprovalResult, with the token of the pending approval."""
    pipeline = lookup.pipeline(request["pipelineName"], scope)
    stage = _stage(pipeline, request["stageName"])
    if all(action["name"] != request["actionName"] for action in stage["actions"]):
        raise ApiError(
            "ActionNotFoundException", f"The stage {stage['name']} has no action {request['actionName']}"
        )
    with records.changed:
        runs = [
            run
            for execution in pipeline.executions
            for run in execution.runs
            if run.stage == stage["name"] and run.action["name"] == request["actionName"]
        ]
        run = next((run for run in runs if run.token and run.token == request["token"]), None)
        if run is None:
            done = any(run.verdict for run in runs) and not any(run.token for run in runs)
            if done:
                raise ApiError("ApprovalAlreadyCompletedException", "The approval has already been completed")
            raise ApiError(
                "InvalidApprovalTokenException", "The approval token is not that of a pending approval"
            )
        if run.verdict:
            raise ApiError("ApprovalAlreadyCompletedException", "The approval has already been completed")
        run.token = ""
        run.summary, run.verdict = request["result"]["summary"], request["result"]["status"]
        run.updated = clock.now()
        records.changed.notify_all()
    return {"approvedAt": run.updated}


def tag(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """TagResource."""
    _by_arn(request["resourceArn"], scope).tags.update(
        {each["key"]: each["value"] for each in request["tags"]}
    )
    return {}


def untag(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """UntagResource."""
    tags = _by_arn(request["resourceArn"], scope).tags
    for key in request["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListTagsForResource."""
    tags = _by_arn(request["resourceArn"], scope).tags
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}


def clear() -> None:
    """Forget everything."""
    records.clear()
    _tokens.clear()


def resource(operation: str, request: dict[str, Any], scope: Scope) -> str:
    """The ARN for the evaluation of a request: the pipeline's, or that of a stage or an action."""
    if operation == "ListPipelines":
        return "*"
    declared = request.get("pipeline")
    name = request.get("name") or request.get("pipelineName")
    if isinstance(declared, dict):
        name = declared.get("name")
    if isinstance(request.get("resourceArn"), str):
        return str(request["resourceArn"])
    if not isinstance(name, str):
        return "*"
    parts = [name]
    with contextlib.suppress(KeyError):
        if operation == "PutApprovalResult":
            parts += [request["stageName"], request["actionName"]]
        elif operation in ("RollbackStage", "RetryStageExecution"):
            parts += [request["stageName"]]
    return f"arn:aws:codepipeline:{scope.region}:{scope.account}:{'/'.join(map(str, parts))}"


def _check(declared: dict[str, Any], scope: Scope) -> None:
    declaration.check(declared)
    role = declared["roleArn"]
    arn = f"arn:aws:codepipeline:{scope.region}:{scope.account}:{declared['name']}"
    if not trust.may_assume(role, PRINCIPAL, account=scope.account, source_arn=arn, region=scope.region):
        raise declaration.structure(f"CodePipeline is not authorized to perform AssumeRole on role {role}")


def _by_arn(arn: str, scope: Scope) -> PipelineRecord:
    pipeline = records.find(arn.rpartition(":")[2], scope)
    if pipeline is None:
        raise ApiError("ResourceNotFoundException", f"Resource not found: {arn}")
    return pipeline


def _stage(pipeline: PipelineRecord, name: str) -> dict[str, Any]:
    for stage in pipeline.declaration["stages"]:
        if stage["name"] == name:
            return dict(stage)
    raise ApiError("StageNotFoundException", f"The pipeline {pipeline.name} has no stage {name}")
