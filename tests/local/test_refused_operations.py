"""Work that would be answered as done without having run is refused by name, for every caller."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mdlc_local.refused_operations import REFUSED, TYPES
from tests.local.conftest import Clients
from tests.local.embedded import ACCOUNT, Role

ROLE = f"arn:aws:iam::{ACCOUNT}:role/role-of-a-job"
FLOW_INPUT = {"nodeName": "Input", "nodeOutputName": "document", "content": {"document": "t"}}
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
    "autoscaling:StartInstanceRefresh": (
        *("autoscaling", "start_instance_refresh"),
        {"AutoScalingGroupName": "g"},
    ),
    "bedrock:Converse": ("bedrock-runtime", "converse", {"modelId": "m"}),
    "bedrock:ConverseStream": ("bedrock-runtime", "converse_stream", {"modelId": "m"}),
    "bedrock:CreateEvaluationJob": (
        *("bedrock", "create_evaluation_job"),
        {
            "jobName": "job",
            "roleArn": ROLE,
            "evaluationConfig": {
                "automated": {
                    "datasetMetricConfigs": [
                        {"taskType": "Custom", "dataset": {"name": "d"}, "metricNames": ["m"]}
                    ]
                }
            },
            "inferenceConfig": {"models": [{"bedrockModel": {"modelIdentifier": "m"}}]},
            "outputDataConfig": {"s3Uri": "s3://a/b"},
        },
    ),
    "bedrock:CreateModelCopyJob": (
        *("bedrock", "create_model_copy_job"),
        {
            "sourceModelArn": f"arn:aws:bedrock:us-east-1:{ACCOUNT}:custom-model/a",
            "targetModelName": "name",
        },
    ),
    "bedrock:CreateModelCustomizationJob": (
        *("bedrock", "create_model_customization_job"),
        {
            "jobName": "job",
            "customModelName": "m",
            "roleArn": ROLE,
            "baseModelIdentifier": "m",
            "trainingDataConfig": {"s3Uri": "s3://a/b"},
            "outputDataConfig": {"s3Uri": "s3://a/c"},
        },
    ),
    "bedrock:CreateModelImportJob": (
        *("bedrock", "create_model_import_job"),
        {
            "jobName": "job",
            "importedModelName": "m",
            "roleArn": ROLE,
            "modelDataSource": {"s3DataSource": {"s3Uri": "s3://a/b"}},
        },
    ),
    "bedrock:CreateModelInvocationJob": (
        *("bedrock", "create_model_invocation_job"),
        {
            "jobName": "job",
            "roleArn": ROLE,
            "modelId": "m",
            "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://a/b"}},
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://a/c"}},
        },
    ),
    "bedrock:InvokeAgent": (
        *("bedrock-agent-runtime", "invoke_agent"),
        {"agentId": "a", "agentAliasId": "b", "sessionId": "se", "inputText": "t"},
    ),
    "bedrock:InvokeFlow": (
        *("bedrock-agent-runtime", "invoke_flow"),
        {"flowIdentifier": "FLOW123456", "flowAliasIdentifier": "ALIAS12345", "inputs": [FLOW_INPUT]},
    ),
    "bedrock:RetrieveAndGenerate": (
        *("bedrock-agent-runtime", "retrieve_and_generate"),
        {"input": {"text": "t"}},
    ),
    "ec2:RunInstances": ("ec2", "run_instances", {"MinCount": 1, "MaxCount": 1}),
    "ec2:StartInstances": ("ec2", "start_instances", {"InstanceIds": ["i-1"]}),
    "glue:StartTrigger": ("glue", "start_trigger", {"Name": "t"}),
    "glue:StartWorkflowRun": ("glue", "start_workflow_run", {"Name": "w"}),
    "inspector2:CreateFindingsReport": (
        *("inspector2", "create_findings_report"),
        {"reportFormat": "CSV", "s3Destination": {"bucketName": "b", "kmsKeyArn": "k"}},
    ),
    "inspector2:CreateSbomExport": (
        *("inspector2", "create_sbom_export"),
        {"reportFormat": "SPDX_2_3", "s3Destination": {"bucketName": "b", "kmsKeyArn": "k"}},
    ),
    "inspector2:Enable": ("inspector2", "enable", {"resourceTypes": ["ECR"]}),
    "inspector2:GetFindingsReportStatus": ("inspector2", "get_findings_report_status", {}),
    "inspector2:GetSbomExport": (
        *("inspector2", "get_sbom_export"),
        {"reportId": "00000000-0000-0000-0000-000000000000"},
    ),
    "inspector2:ListFindings": ("inspector2", "list_findings", {}),
    "kinesisanalytics:StartApplication": (
        *("kinesisanalyticsv2", "start_application"),
        {"ApplicationName": "a"},
    ),
    "rds-data:BatchExecuteStatement": (
        *("rds-data", "batch_execute_statement"),
        {"resourceArn": "arn:aws:rds:us-east-1:000000000000:cluster:c", "secretArn": ROLE, "sql": "select 1"},
    ),
    "rds-data:ExecuteStatement": (
        *("rds-data", "execute_statement"),
        {"resourceArn": "arn:aws:rds:us-east-1:000000000000:cluster:c", "secretArn": ROLE, "sql": "select 1"},
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


@pytest.mark.parametrize("type_name", sorted(TYPES))
def test_a_template_with_it_is_refused(client: Clients, type_name: str) -> None:
    template = {"Resources": {"Job": {"Type": type_name, "Properties": {}}}}
    with pytest.raises(ClientError) as refused:
        client("cloudformation").create_stack(
            StackName=f"refused-{uuid.uuid4().hex[:8]}", TemplateBody=json.dumps(template)
        )
    assert TYPES[type_name] in str(refused.value)
