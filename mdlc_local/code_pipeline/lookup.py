"""Finds the pipeline or the execution that a request names."""

from typing import Any

from mdlc_local.code_pipeline import records
from mdlc_local.code_pipeline.records import PipelineExecution, PipelineRecord
from mdlc_local.errors import ApiError
from mdlc_local.scopes import Scope


def pipeline(name: str, scope: Scope) -> PipelineRecord:
    """A pipeline by its name.

    Raises:
        ApiError: PipelineNotFoundException.
    """
    named = records.find(name, scope)
    if named is None:
        raise ApiError(
            "PipelineNotFoundException",
            f"Account '{scope.account}' does not have a pipeline with name '{name}'",
        )
    return named


def execution(request: dict[str, Any], scope: Scope) -> PipelineExecution:
    """The execution that a request names.

    Raises:
        ApiError: PipelineExecutionNotFoundException.
    """
    owner = pipeline(request["pipelineName"], scope)
    named = owner.execution(request["pipelineExecutionId"])
    if named is None:
        raise ApiError(
            "PipelineExecutionNotFoundException",
            f"The execution {request['pipelineExecutionId']} of {owner.name} does not exist",
        )
    return named
