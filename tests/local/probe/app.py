"""A CDK app with one of each resource that a model's stack stands on; PROBE_VERSION changes it."""

import json
import os
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_stepfunctions as sfn

VERSION = os.environ.get("PROBE_VERSION", "1")
CODE = str(Path(__file__).parent / "function")
DESTROY = cdk.RemovalPolicy.DESTROY

app = cdk.App()
stack = cdk.Stack(app, "Probe", env=cdk.Environment(account="000000000000", region="us-east-1"))
key = kms.Key(stack, "Key", enable_key_rotation=True, removal_policy=DESTROY)
bucket = s3.Bucket(
    stack,
    "Bucket",
    encryption=s3.BucketEncryption.KMS,
    encryption_key=key,
    bucket_key_enabled=True,
    versioned=True,
    enforce_ssl=True,
    removal_policy=DESTROY,
)
table = dynamodb.Table(
    stack,
    "Table",
    partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
    billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
    encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
    encryption_key=key,
    removal_policy=DESTROY,
)
function_role = iam.Role(stack, "FunctionRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
function_logs = logs.LogGroup(stack, "FunctionLogs", removal_policy=DESTROY)
function_logs.grant_write(function_role)
function = lambda_.Function(
    stack,
    "Function",
    runtime=lambda_.Runtime.PYTHON_3_12,
    handler="index.handler",
    role=function_role,
    log_group=function_logs,
    code=lambda_.Code.from_asset(CODE),
    environment={"TABLE": table.table_name, "VERSION": VERSION},
    timeout=cdk.Duration.seconds(20),
)
table.grant_read_write_data(function)
machine_role = iam.Role(stack, "MachineRole", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
function.grant_invoke(machine_role)
call = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Arguments": {"FunctionName": "${Function}", "Payload": {}},
    "Output": "{% $states.result.Payload.version %}",
    "Retry": [{"ErrorEquals": ["TransientError"], "IntervalSeconds": 1, "MaxAttempts": 1}],
    **({"Next": "Nowhere"} if VERSION == "invalid" else {"End": True}),
}
machine_logs = logs.LogGroup(stack, "MachineLogs", removal_policy=DESTROY)
machine = sfn.StateMachine(
    stack,
    "StateMachine",
    definition_body=sfn.DefinitionBody.from_string(
        json.dumps({"QueryLanguage": "JSONata", "StartAt": "Call", "States": {"Call": call}})
    ),
    definition_substitutions={"Function": function.function_arn},
    role=machine_role,
    tracing_enabled=True,
    logs=sfn.LogOptions(destination=machine_logs, level=sfn.LogLevel.ALL),
)
events.Rule(
    stack,
    "Rule",
    event_pattern=events.EventPattern(source=["probe"]),
    targets=[targets.SfnStateMachine(machine)],
)
cloudwatch.Alarm(stack, "Alarm", metric=machine.metric_failed(), threshold=1, evaluation_periods=1)
sagemaker.CfnModelPackageGroup(
    stack,
    "Group",
    model_package_group_name="probe",
    model_package_group_description=f"version {VERSION}",
)
provider = lambda_.Function(
    stack,
    "Provider",
    runtime=lambda_.Runtime.PYTHON_3_12,
    handler="index.custom",
    code=lambda_.Code.from_asset(CODE),
    timeout=cdk.Duration.seconds(20),
)
table.grant_write_data(provider)
custom = cdk.CustomResource(
    stack,
    "CleanUp",
    service_token=provider.function_arn,
    resource_type="Custom::CleanUp",
    properties={"Version": VERSION, "Table": table.table_name},
)
for name, value in {
    "KeyArn": key.key_arn,
    "BucketName": bucket.bucket_name,
    "TableName": table.table_name,
    "MachineArn": machine.state_machine_arn,
    "MachineLogsName": machine_logs.log_group_name,
    "FunctionLogsName": function_logs.log_group_name,
    "Said": custom.get_att_string("Said"),
}.items():
    cdk.CfnOutput(stack, name, value=value)
app.synth()
