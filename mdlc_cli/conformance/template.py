"""The CloudFormation template of what the probes use: nothing in it costs money while it is idle."""

from __future__ import annotations

import json
from typing import Any

PREFIX = "mdlc-conformance-"
"""Begins the names of the stack and of all that probes make."""

TAG = "mdlc:conformance"
"""The tag of all resources; its value is the run."""

_FUNCTION = """
import json

class ProbeError(Exception):
    pass

def handler(event, context):
    print(event.get("mark", "no mark"))
    if event.get("fail"):
        raise ProbeError("asked to fail")
    return {"got": event}
"""


def name_of(run: str) -> str:
    """The stack's name of a run."""
    return f"{PREFIX}{run}"


def template(run: str) -> str:
    """The stack's template, as JSON."""
    return json.dumps(
        {
            "Description": "What `mdlc conformance` asks AWS with; `mdlc conformance --remove` deletes it.",
            "Resources": _resources(run),
            "Outputs": {
                name: {"Value": value}
                for name, value in {
                    "Bucket": _ref("Bucket"),
                    "Table": _ref("Table"),
                    "Queue": _ref("Queue"),
                    "Group": f"{name_of(run)}-group",
                    "Function": _ref("Function"),
                    "FunctionRole": _at("FunctionRole", "Arn"),
                    "Machines": _at("Machines", "Arn"),
                    "Strangers": _at("Strangers", "Arn"),
                    "Jobs": _at("Jobs", "Arn"),
                    "Packager": _at("Packager", "Arn"),
                }.items()
            },
        }
    )


def _resources(run: str) -> dict[str, Any]:
    name = name_of(run)
    queue, group = _at("Queue", "Arn"), f"{name}-group"
    account = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    own = [
        _sub(f"arn:${{AWS::Partition}}:sagemaker:${{AWS::Region}}:${{AWS::AccountId}}:{kind}/{name}*")
        for kind in (
            *("model", "model-package-group", "model-package", "processing-job", "transform-job"),
            *("training-job", "endpoint", "endpoint-config"),
        )
    ]
    machine = [
        _allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"], [_at("Bucket", "Arn"), _below("Bucket")]),
        _allow(["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:GetItem"], [_at("Table", "Arn")]),
        _allow("lambda:InvokeFunction", [_at("Function", "Arn")]),
        _allow("sqs:SendMessage", [queue]),
        _allow(
            [
                *("sagemaker:DescribeModel", "sagemaker:DescribeTrainingJob", "sagemaker:DescribeEndpoint"),
                *("sagemaker:DescribeProcessingJob", "sagemaker:CreateProcessingJob", "sagemaker:AddTags"),
                *("sagemaker:StopProcessingJob", "sagemaker:CreateModel", "sagemaker:InvokeEndpoint"),
                "sagemaker:ListTags",
            ],
            own,
        ),
        _allow("iam:PassRole", [_at("Jobs", "Arn")]),
        _allow(
            ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
            [_sub("arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/StepFunctions*")],
        ),
    ]
    return {
        "Bucket": _tagged(
            run,
            "AWS::S3::Bucket",
            PublicAccessBlockConfiguration=dict.fromkeys(
                (*("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls"), "RestrictPublicBuckets"), True
            ),
        ),
        "Table": _tagged(
            run,
            "AWS::DynamoDB::Table",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        ),
        "Queue": _tagged(run, "AWS::SQS::Queue", MessageRetentionPeriod=3600),
        "QueuePolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [_ref("Queue")],
                "PolicyDocument": _document(
                    {
                        **_allow("sqs:SendMessage", queue),
                        "Principal": {"Service": "events.amazonaws.com"},
                        "Condition": account,
                    }
                ),
            },
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {
                    "source": ["aws.sagemaker"],
                    "detail-type": ["SageMaker Model Package State Change"],
                    "detail": {"ModelPackageGroupName": [group]},
                },
                "Targets": [{"Id": "Queue", "Arn": queue}],
            },
        },
        "Group": _tagged(run, "AWS::SageMaker::ModelPackageGroup", ModelPackageGroupName=group),
        "FunctionRole": _role(
            run,
            "lambda.amazonaws.com",
            account,
            _allow(["logs:CreateLogStream", "logs:PutLogEvents"], [_at("FunctionLogs", "Arn")]),
            _allow("sqs:SendMessage", [queue]),
        ),
        "FunctionLogs": _tagged(
            run, "AWS::Logs::LogGroup", LogGroupName=f"/aws/lambda/{name}", RetentionInDays=1
        ),
        "Function": _tagged(
            run,
            "AWS::Lambda::Function",
            FunctionName=name,
            Runtime="python3.12",
            Handler="index.handler",
            Timeout=10,
            Role=_at("FunctionRole", "Arn"),
            Code={"ZipFile": _FUNCTION},
        ),
        "Machines": _role(run, "states.amazonaws.com", account, *machine),
        "Strangers": _role(
            run, "states.amazonaws.com", {"StringEquals": {"aws:SourceAccount": "999999999999"}}
        ),
        "Jobs": _role(
            run,
            "sagemaker.amazonaws.com",
            account,
            _allow(
                ["s3:GetObject", "s3:PutObject", "s3:ListBucket"], [_at("Bucket", "Arn"), _below("Bucket")]
            ),
            _allow(
                [
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:PutLogEvents",
                    "logs:DescribeLogStreams",
                ],
                [
                    _sub(
                        "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/sagemaker/*"
                    )
                ],
            ),
            _allow(
                ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                [_sub("arn:${AWS::Partition}:ecr:${AWS::Region}:*:repository/sagemaker-scikit-learn")],
            ),
            # None of the two supports resources: "Actions, resources, and condition keys for Amazon ECR".
            _allow(["cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"], ["*"]),
        ),
        "Packager": _principal_role(run, _allow("sagemaker:CreateModelPackage", own)),
    }


def _role(run: str, service: str, condition: dict[str, Any], *statements: dict[str, Any]) -> dict[str, Any]:
    return _any_role(run, {"Service": service}, condition, statements)


def _principal_role(run: str, *statements: dict[str, Any]) -> dict[str, Any]:
    root = _sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")
    return _any_role(run, {"AWS": root}, None, statements)


def _any_role(
    run: str,
    principal: dict[str, Any],
    condition: dict[str, Any] | None,
    statements: tuple[dict[str, Any], ...],
) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    if condition is not None:
        trust["Condition"] = condition
    policies = [{"PolicyName": "probes", "PolicyDocument": _document(*statements)}] if statements else []
    return _tagged(run, "AWS::IAM::Role", AssumeRolePolicyDocument=_document(trust), Policies=policies)


def _tagged(run: str, kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": {**properties, "Tags": [{"Key": TAG, "Value": run}]}}


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(actions: Any, resources: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def _ref(name: str) -> dict[str, Any]:
    return {"Ref": name}


def _at(name: str, attribute: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, attribute]}


def _sub(text: str) -> dict[str, Any]:
    return {"Fn::Sub": text}


def _below(name: str) -> dict[str, Any]:
    return {"Fn::Sub": f"${{{name}.Arn}}/*"}
