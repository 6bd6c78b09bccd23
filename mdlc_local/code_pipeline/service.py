"""CodePipeline's HTTP API."""

from mdlc_local.code_pipeline import operations, views
from mdlc_local.json_api.api import JsonApi, Operation

OPERATIONS: dict[str, Operation] = {
    "CreatePipeline": operations.create,
    "UpdatePipeline": operations.update,
    "DeletePipeline": operations.delete,
    "GetPipeline": operations.get,
    "ListPipelines": operations.list_pipelines,
    "StartPipelineExecution": operations.start,
    "StopPipelineExecution": operations.stop,
    "RollbackStage": operations.roll_back,
    "PutApprovalResult": operations.put_approval_result,
    "GetPipelineState": views.get_state,
    "GetPipelineExecution": views.get_execution,
    "ListPipelineExecutions": views.list_executions,
    "ListActionExecutions": views.list_actions,
    "TagResource": operations.tag,
    "UntagResource": operations.untag,
    "ListTagsForResource": operations.list_tags,
}

API = JsonApi(
    service="codepipeline",
    title="CodePipeline",
    target="CodePipeline_20150709",
    operations=OPERATIONS,
    resource=operations.resource,
    clear=operations.clear,
)
