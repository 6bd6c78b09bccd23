"""Refuses operations that the base answers as done although nothing has run.

Work that says SUCCEEDED without having run is worse than work that is refused: a workflow that passes here
would fail on AWS, or publish results that nobody has computed. The table is by IAM action, whoever asks: a
user, a state machine, a pipeline or a template.
"""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import patches

ACTIONS = "ministack.core.iam_actions"

_JOBS = (
    "run the work as a SageMaker Processing job, a Lambda function or a Glue Python shell job, which run here"
)
_QUERIES = "query the files with DuckDB in a data job, which runs here"
_EMR = "EMR runs no cluster here: use the engine Spark(...) of this library's jobs"
_MODELS = "serve a model of your own from a SageMaker endpoint, which runs here"

REFUSED = {
    "backup:StartBackupJob": "Backups are for AWS only: leave them out of what runs here",
    "batch:SubmitJob": f"AWS Batch runs no job here: {_JOBS}",
    "batch:SubmitServiceJob": f"AWS Batch runs no job here: {_JOBS}",
    "bedrock:InvokeModel": f"Bedrock has no models here: {_MODELS}",
    "bedrock:InvokeModelWithResponseStream": f"Bedrock has no models here: {_MODELS}",
    "athena:StartQueryExecution": f"Athena runs no query here: {_QUERIES}",
    "dynamodb:ExportTableToPointInTime": "DynamoDB exports no table here: read it with Scan",
    "ecs:RunTask": f"ECS runs no task here: {_JOBS}",
    "ecs:StartTask": f"ECS runs no task here: {_JOBS}",
    "ecs:CreateService": f"ECS runs no task here: {_JOBS}",
    "elasticmapreduce:RunJobFlow": _EMR,
    "elasticmapreduce:AddJobFlowSteps": _EMR,
    "glue:StartCrawler": "Glue crawls nothing here: declare the table in your template",
    "ssm:SendCommand": f"Systems Manager runs no command here: {_JOBS}",
    "transcribe:StartTranscriptionJob": f"Amazon Transcribe transcribes nothing here: {_MODELS}",
    "translate:TranslateText": f"Amazon Translate translates nothing here: {_MODELS}",
    "translate:StartTextTranslationJob": f"Amazon Translate translates nothing here: {_MODELS}",
}
"""The refused actions, each with the sentence that its caller gets."""

CODE = "InvalidAction"


def install(app: ModuleType) -> None:
    """Refuse the operations before the services get them."""
    extract = patches.take(ACTIONS, "extract_iam_action", "service method path headers body query_params")
    respond = patches.take(ACTIONS, "access_denied_response")
    for name, handler in list(app.SERVICE_HANDLERS.items()):
        if any(_belongs(name, action) for action in REFUSED):
            app.SERVICE_HANDLERS[name] = _refusing(name, handler, extract, respond)


def _belongs(service: str, action: str) -> bool:
    namespaces = importlib.import_module(ACTIONS).SERVICE_TO_IAM_NAMESPACE
    return bool(namespaces.get(service, service) == action.partition(":")[0])


def _refusing(
    service: str, handler: Callable[..., Any], extract: Callable[..., Any], respond: Callable[..., Any]
) -> Callable[..., Any]:
    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        action = extract(service, method, path, headers, body, query)
        reason = REFUSED.get(action or "")
        if reason is None:
            return await handler(method, path, headers, body, query)
        status, sent, content = respond(
            service, action, "", "", error_code=CODE, message=f"{reason}.", headers=headers
        )
        return 400 if status == 403 else status, sent, content

    return handle
