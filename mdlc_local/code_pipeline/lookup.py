"""Finds the pipeline or the execution that a request names."""

from typing import Any

from mdlc_local.code_pipeline import records
from mdlc_local.code_pipeline.records import Execution, Pipeline
from mdlc_local.errors import ApiError
from mdlc_local.sagemaker.records import Scope


def pipeline(name: str, scope: Scope) -> Pipeline:
    """A pipeline by its name.

    Raises:
        ApiError: PipelineNotFoundException.
    """
    found = records.find(name, scope)
    if found is None:
        raise ApiError(
            "PipelineNotFoundException",
            f"Account '{scope.account}' does not have a pipeline with name '{name}'",
        )
    return found


def execution(request: dict[str, Any], scope: Scope) -> Execution:
    """The execution that a request names.

    Raises:
        ApiError: PipelineExecutionNotFoundException.
    """
    owner = pipeline(request["pipelineName"], scope)
    found = owner.execution(request["pipelineExecutionId"])
    if found is None:
        raise ApiError(
            "PipelineExecutionNotFoundException",
            f"The execution {request['pipelineExecutionId']} of {owner.name} does not exist",
        )
    return found
