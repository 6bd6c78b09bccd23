"""Work that would be answered as done without having run is refused by name, whoever asks for it."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mdlc_local.refused_operations import REFUSED
from tests.local.conftest import Clients
from tests.local.embedded import ACCOUNT, Role

ROLE = f"arn:aws:iam::{ACCOUNT}:role/role-of-a-job"
REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "backup:StartBackupJob": (
        *("backup", "start_backup_job"),
        {"BackupVaultName": "v", "ResourceArn": "arn:aws:s3:::b", "IamRoleArn": ROLE},
    ),
    "batch:SubmitJob": ("batch", "submit_job", {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}),
    "batch:SubmitServiceJob": (
        *("batch", "submit_service_job"),
        {
            "jobName": "j",
            "jobQueue": "q",
            "serviceRequestPayload": "{}",
            "serviceJobType": "SAGEMAKER_TRAINING",
        },
    ),
    "bedrock:InvokeModel": ("bedrock-runtime", "invoke_model", {"modelId": "m", "body": b"{}"}),
    "bedrock:InvokeModelWithResponseStream": (
        *("bedrock-runtime", "invoke_model_with_response_stream"),
        {"modelId": "m", "body": b"{}"},
    ),
    "athena:StartQueryExecution": ("athena", "start_query_execution", {"QueryString": "select 1"}),
    "dynamodb:ExportTableToPointInTime": (
        *("dynamodb", "export_table_to_point_in_time"),
        {"TableArn": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t", "S3Bucket": "b"},
    ),
    "ecs:RunTask": ("ecs", "run_task", {"taskDefinition": "t"}),
    "ecs:StartTask": ("ecs", "start_task", {"taskDefinition": "t", "containerInstances": ["a"]}),
    "ecs:CreateService": ("ecs", "create_service", {"serviceName": "s"}),
    "elasticmapreduce:RunJobFlow": ("emr", "run_job_flow", {"Name": "n", "Instances": {}}),
    "elasticmapreduce:AddJobFlowSteps": ("emr", "add_job_flow_steps", {"JobFlowId": "j", "Steps": []}),
    "glue:StartCrawler": ("glue", "start_crawler", {"Name": "c"}),
    "ssm:SendCommand": ("ssm", "send_command", {"DocumentName": "AWS-RunShellScript"}),
    "transcribe:StartTranscriptionJob": (
        *("transcribe", "start_transcription_job"),
        {"TranscriptionJobName": "j", "Media": {}},
    ),
    "translate:TranslateText": (
        *("translate", "translate_text"),
        {"Text": "a", "SourceLanguageCode": "en", "TargetLanguageCode": "de"},
    ),
    "translate:StartTextTranslationJob": (
        *("translate", "start_text_translation_job"),
        {
            "InputDataConfig": {"S3Uri": "s3://a/b", "ContentType": "text/plain"},
            "OutputDataConfig": {"S3Uri": "s3://a/c"},
            "DataAccessRoleArn": ROLE,
            "SourceLanguageCode": "en",
            "TargetLanguageCodes": ["de"],
            "ClientToken": "x",
        },
    ),
}
"""A call of each refused action: boto3's service, method and arguments."""


def test_every_row_of_the_table_is_called_here() -> None:
    assert set(REQUESTS) == set(REFUSED)


@pytest.mark.parametrize("action", sorted(REFUSED))
def test_the_operation_is_refused_with_its_sentence(client: Clients, action: str) -> None:
    service, method, arguments = REQUESTS[action]
    with pytest.raises(ClientError) as refused:
        getattr(client(service), method)(**arguments)
    assert refused.value.response["Error"]["Code"] == "InvalidAction"
    assert REFUSED[action] in str(refused.value)


def test_a_state_machine_that_submits_a_job_fails(client: Clients, make_role: Callable[..., Role]) -> None:
    role = make_role({"Effect": "Allow", "Action": "batch:*", "Resource": "*"})
    machines = client("stepfunctions")
    definition = {
        "StartAt": "Submit",
        "States": {
            "Submit": {
                "Type": "Task",
                "Resource": "arn:aws:states:::batch:submitJob",
                "Parameters": {"JobName": "j", "JobQueue": "q", "JobDefinition": "d"},
                "End": True,
            }
        },
    }
    name = f"batch-{uuid.uuid4().hex[:8]}"
    arn = machines.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role.arn)
    execution = machines.start_execution(stateMachineArn=arn["stateMachineArn"])["executionArn"]
    while (ended := machines.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    assert ended["status"] == "FAILED"
    assert "AWS Batch runs no job here" in ended["cause"]


@pytest.mark.parametrize("type_name", ["AWS::Batch::JobQueue", "AWS::ECS::Service", "AWS::EMR::Cluster"])
def test_a_template_with_it_is_refused(client: Clients, type_name: str) -> None:
    template = {"Resources": {"Job": {"Type": type_name, "Properties": {}}}}
    with pytest.raises(ClientError, match="runs no"):
        client("cloudformation").create_stack(
            StackName=f"refused-{uuid.uuid4().hex[:8]}", TemplateBody=json.dumps(template)
        )
