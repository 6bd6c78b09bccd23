"""Projects, the requests that start builds, templates, and what is refused by name."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.code_build.builder import ENVIRONMENT, Builder, commands
from tests.local.embedded import ACCOUNT, Role


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"source": {"type": "GITHUB", "location": "https://example.com/a.git"}}, "source type GITHUB"),
        ({"source": {"type": "NO_SOURCE"}}, "needs a buildspec"),
        (
            {"environment": {**ENVIRONMENT, "type": "WINDOWS_SERVER_2019_CONTAINER"}},
            "environment type WINDOWS",
        ),
        (
            {
                "environment": {
                    **ENVIRONMENT,
                    "environmentVariables": [{"name": "A", "value": "b", "type": "SECRETS_MANAGER"}],
                }
            },
            "of type SECRETS_MANAGER",
        ),
        ({"vpcConfig": {"vpcId": "v", "subnets": ["s"], "securityGroupIds": ["g"]}}, "without a VPC"),
        ({"serviceRole": f"arn:aws:iam::{ACCOUNT}:role/absent"}, "not authorized to perform: sts:AssumeRole"),
    ],
)
def test_a_project_that_would_not_run_as_on_aws_is_refused(
    builder: Builder, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=said) as refused:
        builder.project(commands("true"), **more)
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ({"debugSessionEnabled": True}, "debugSessionEnabled: the embedded AWS starts builds without it"),
        ({"sourceTypeOverride": "CODEPIPELINE"}, "takes its source from a pipeline"),
    ],
)
def test_a_start_that_would_be_another_build_is_refused(
    builder: Builder, override: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=said):
        builder.start(builder.project(commands("true")), **override)


def test_operations_that_are_not_here_are_refused_by_name(builder: Builder) -> None:
    with pytest.raises(ClientError, match="StartBuildBatch of CodeBuild does not exist"):
        builder.client("codebuild").start_build_batch(projectName="project")


def test_a_repeated_start_with_a_token_builds_once(builder: Builder) -> None:
    project = builder.project(commands("true"))
    first = builder.start(project, idempotencyToken=project)
    assert builder.start(project, idempotencyToken=project) == first
    builder.wait(first)
    assert builder.client("codebuild").list_builds_for_project(projectName=project)["ids"] == [first]


def test_a_template_makes_a_project_and_a_report_group(builder: Builder) -> None:
    template = {
        "Resources": {
            "Reports": {
                "Type": "AWS::CodeBuild::ReportGroup",
                "Properties": {"Type": "TEST", "ExportConfig": {"ExportConfigType": "NO_EXPORT"}},
            },
            "Build": {
                "Type": "AWS::CodeBuild::Project",
                "Properties": {
                    "ServiceRole": builder.role.arn,
                    "Source": {
                        "Type": "NO_SOURCE",
                        "BuildSpec": json.dumps({"version": 0.2, **commands("true")}),
                    },
                    "Artifacts": {"Type": "NO_ARTIFACTS"},
                    "TimeoutInMinutes": 5,
                    "Environment": {
                        "Type": "LINUX_CONTAINER",
                        "Image": "aws/codebuild/standard:7.0",
                        "ComputeType": "BUILD_GENERAL1_SMALL",
                        "EnvironmentVariables": [{"Name": "A", "Value": "b"}],
                    },
                },
            },
        },
        "Outputs": {"Name": {"Value": {"Ref": "Build"}}, "Group": {"Value": {"Ref": "Reports"}}},
    }
    stack, cloudformation = f"builds-{uuid.uuid4().hex[:8]}", builder.client("cloudformation")
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    while (found := cloudformation.describe_stacks(StackName=stack)["Stacks"][0])["StackStatus"].endswith(
        "PROGRESS"
    ):
        time.sleep(0.05)
    assert found["StackStatus"] == "CREATE_COMPLETE", found
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
    assert builder.wait(builder.start(outputs["Name"]))["buildStatus"] == "SUCCEEDED"
    assert outputs["Group"] in builder.client("codebuild").list_report_groups()["reportGroups"]
    cloudformation.delete_stack(StackName=stack)


def test_a_machine_that_would_not_wait_for_its_build_fails_by_name(
    builder: Builder, make_role: Callable[..., Role]
) -> None:
    everything = {"Effect": "Allow", "Action": ["codebuild:*", "events:*"], "Resource": "*"}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::codebuild:startBuild.sync",
        "Parameters": {"ProjectName": builder.project(commands("false"))},
        "End": True,
    }
    machines = builder.client("stepfunctions")
    machine = machines.create_state_machine(
        name=f"builds-{uuid.uuid4().hex[:8]}",
        definition=json.dumps({"StartAt": "Build", "States": {"Build": task}}),
        roleArn=make_role(everything).arn,
    )["stateMachineArn"]
    execution = machines.start_execution(stateMachineArn=machine)["executionArn"]
    while (ended := machines.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    assert ended["status"] == "FAILED"
    assert "codebuild:startBuild.sync" in ended["cause"]
