"""Refuses operations that the base answers as done although nothing has run.

Work that says SUCCEEDED without having run is worse than work that is refused: a workflow that passes here
would fail on AWS, or publish results that were never computed. The table is by IAM action, for every caller:
a user, a state machine, a pipeline or a template.
"""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import patches

ACTIONS = "ministack.core.iam_actions"
RDS_DATA = "ministack.services.rds_data"

_JOBS = (
    "run the work as a SageMaker Processing job, a Lambda function or a Glue Python shell job, which run here"
)
_BATCH = f"AWS Batch runs no job here: {_JOBS}"
_ECS = f"ECS runs no task here: {_JOBS}"
_EC2 = f"EC2 runs no instance here: {_JOBS}"
_EMR = "EMR runs no cluster here: use the engine Spark(...) of this library's jobs"
_MODELS = "serve a model of your own from a SageMaker endpoint, which runs here"
_BEDROCK = f"Bedrock has no models here: {_MODELS}"
_BEDROCK_JOBS = f"Bedrock runs no job here: {_JOBS}"
_TRANSLATE = f"Amazon Translate translates nothing here: {_MODELS}"
_TRIGGERS = "Glue's triggers start no job here: start it from a state machine, by glue:startJobRun.sync"
_INSPECTOR = "Amazon Inspector scans nothing here: declare scan_findings in an image's local-image.json"
_SQL = "The RDS Data API runs no SQL here: query files with DuckDB in a data job, which runs here"
_ATHENA = "Athena runs no query here: query the files with DuckDB in a data job, which runs here"

REFUSED = {
    "athena:StartQueryExecution": _ATHENA,
    "autoscaling:StartInstanceRefresh": _EC2,
    "backup:StartBackupJob": "Backups are for AWS only: leave them out of what runs here",
    "batch:SubmitJob": _BATCH,
    "batch:SubmitServiceJob": _BATCH,
    "bedrock:Converse": _BEDROCK,
    "bedrock:ConverseStream": _BEDROCK,
    "bedrock:CreateEvaluationJob": _BEDROCK_JOBS,
    "bedrock:CreateModelCopyJob": _BEDROCK_JOBS,
    "bedrock:CreateModelCustomizationJob": _BEDROCK_JOBS,
    "bedrock:CreateModelImportJob": _BEDROCK_JOBS,
    "bedrock:CreateModelInvocationJob": _BEDROCK_JOBS,
    "bedrock:InvokeAgent": _BEDROCK,
    "bedrock:InvokeFlow": _BEDROCK,
    "bedrock:InvokeModel": _BEDROCK,
    "bedrock:InvokeModelWithResponseStream": _BEDROCK,
    "bedrock:RetrieveAndGenerate": _BEDROCK,
    "dynamodb:ExportTableToPointInTime": "DynamoDB exports no table here: read it with Scan",
    "ec2:RunInstances": _EC2,
    "ec2:StartInstances": _EC2,
    "ecs:CreateService": _ECS,
    "ecs:RunTask": _ECS,
    "ecs:StartTask": _ECS,
    "elasticmapreduce:AddJobFlowSteps": _EMR,
    "elasticmapreduce:RunJobFlow": _EMR,
    "glue:StartCrawler": "Glue crawls nothing here: declare the table in your template",
    "glue:StartTrigger": _TRIGGERS,
    "glue:StartWorkflowRun": _TRIGGERS,
    "inspector2:CreateFindingsReport": _INSPECTOR,
    "inspector2:CreateSbomExport": _INSPECTOR,
    "inspector2:Enable": _INSPECTOR,
    "inspector2:GetFindingsReportStatus": _INSPECTOR,
    "inspector2:GetSbomExport": _INSPECTOR,
    "inspector2:ListFindings": _INSPECTOR,
    "kinesisanalytics:StartApplication": f"Apache Flink runs no application here: {_JOBS}",
    "rds-data:BatchExecuteStatement": _SQL,
    "rds-data:ExecuteStatement": _SQL,
    "ssm:SendCommand": f"Systems Manager runs no command here: {_JOBS}",
    "transcribe:StartTranscriptionJob": f"Amazon Transcribe transcribes nothing here: {_MODELS}",
    "translate:StartTextTranslationJob": _TRANSLATE,
    "translate:TranslateText": _TRANSLATE,
}
"""The refused actions, each with the sentence that its caller gets."""

TYPES = {
    "AWS::AutoScaling::AutoScalingGroup": _EC2,
    "AWS::Batch::ComputeEnvironment": _BATCH,
    "AWS::Batch::JobDefinition": _BATCH,
    "AWS::Batch::JobQueue": _BATCH,
    "AWS::EC2::Instance": _EC2,
    "AWS::ECS::Service": _ECS,
    "AWS::EMR::Cluster": _EMR,
    "AWS::Glue::Trigger": _TRIGGERS,
}
"""The types that a template may not have, because what they start would not run."""

CODE = "InvalidAction"


def install(app: ModuleType) -> None:
    """Refuse the operations before the services get them."""
    extract = patches.take(ACTIONS, "extract_iam_action", "service method path headers body query_params")
    respond = patches.take(ACTIONS, "access_denied_response")
    # ministack has no permissions for this service, and so no names of its actions.
    patches.take(ACTIONS, "SERVICE_TO_IAM_NAMESPACE").setdefault("kinesisanalyticsv2", "kinesisanalytics")
    for name, handler in list(app.SERVICE_HANDLERS.items()):
        if any(_belongs(name, action) for action in REFUSED):
            app.SERVICE_HANDLERS[name] = _refusing(name, handler, extract, respond)
    # ministack calls this service's module by its paths, past the table of handlers.
    patches.wrap(
        RDS_DATA,
        "handle_request",
        "method path headers body query_params",
        lambda handler: _refusing("rds-data", handler, extract, respond),
    )


def _belongs(service: str, action: str) -> bool:
    namespaces = importlib.import_module(ACTIONS).SERVICE_TO_IAM_NAMESPACE
    return bool(namespaces.get(service, service) == action.partition(":")[0])


def _refusing(
    service: str, handler: Callable[..., Any], extract: Callable[..., Any], respond: Callable[..., Any]
) -> Callable[..., Any]:
    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Any:
        action = extract(service, method, path, headers, body, query_params)
        reason = REFUSED.get(action or "")
        if reason is None:
            return await handler(method, path, headers, body, query_params)
        status, sent, content = respond(
            service, action, "", "", error_code=CODE, message=f"{reason}.", headers=headers
        )
        return 400 if status == 403 else status, sent, content

    return handle
