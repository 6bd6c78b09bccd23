"""A team with a git repository and a pipeline, for the tests of this folder."""

import copy
import json
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.local.code_pipeline.test_declaration import action
from tests.local.conftest import REPOSITORIES, Clients
from tests.local.embedded import ACCOUNT, REGION, Role, Server

CONNECTION = f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/{uuid.uuid4()}"
BUILD = {
    "version": 0.2,
    "env": {"exported-variables": ["WORDS"]},
    "phases": {"build": {"commands": ["export WORDS=$(cat words)", "echo commit=$COMMIT", "sh check.sh"]}},
    "artifacts": {"files": ["*.json"]},
}
TOPIC: dict[str, Any] = {
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "first"}}}
}
ENDED = ("Succeeded", "Failed", "Stopped", "Cancelled")


@dataclass
class Team:
    """A team with a git repository and a pipeline.

    Attributes:
        roles: ARNs of the roles: `pipeline`, `build`, `deploy`.
        alarm: the alarm that is watched after a deployment.
    """

    client: Clients
    folder: Path
    roles: dict[str, str]
    bucket: str
    name: str = field(default_factory=lambda: f"team-{uuid.uuid4().hex[:8]}")

    @property
    def repository(self) -> str:
        return f"team/{self.name}"

    def commit(self, message: str, **files: str) -> str:
        for name, text in files.items():
            (self.folder / name.replace("_", ".")).write_text(text)
        self.git("add", ".")
        self.git("commit", "-m", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.folder), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def declaration(self, *, approval: bool = False, alarm: str = "") -> dict[str, Any]:
        role = self.roles["deploy"]
        stages = [
            {
                "name": "Source",
                "actions": [
                    action(
                        *("Commit", "Source", "CodeStarSourceConnection"),
                        configuration={
                            "ConnectionArn": CONNECTION,
                            "FullRepositoryId": self.repository,
                            "BranchName": "main",
                        },
                        outputArtifacts=[{"name": "Source"}],
                        namespace="Source",
                    )
                ],
            },
            {
                "name": "Build",
                "actions": [
                    action(
                        *("Build", "Build", "CodeBuild"),
                        configuration={
                            "ProjectName": self.name,
                            "EnvironmentVariables": json.dumps(
                                [{"name": "COMMIT", "value": "#{Source.CommitId} #{Source.CommitMessage}"}]
                            ),
                        },
                        inputArtifacts=[{"name": "Source"}],
                        outputArtifacts=[{"name": "Assembly"}],
                        namespace="Build",
                    )
                ],
            },
        ]
        if approval:
            look = {"CustomData": "#{Build.WORDS} by #{Source.CommitId}"}
            stages.append(
                {"name": "Ask", "actions": [action("Approve", "Approval", "Manual", configuration=look)]}
            )
        deploy: dict[str, Any] = {
            "name": "Prod",
            "actions": [
                action(
                    *("Deploy", "Deploy", "CloudFormation"),
                    configuration={
                        "ActionMode": "CREATE_UPDATE",
                        "StackName": self.name,
                        "TemplatePath": "Assembly::stack.json",
                        "RoleArn": role,
                    },
                    inputArtifacts=[{"name": "Assembly"}],
                )
            ],
            "onFailure": {"result": "ROLLBACK"},
        }
        if alarm:
            rule = {
                "name": "Watch",
                "ruleTypeId": {
                    "category": "Rule",
                    "owner": "AWS",
                    "provider": "CloudWatchAlarm",
                    "version": "1",
                },
                "configuration": {"AlarmName": alarm, "AlarmStates": "ALARM", "WaitTime": "1"},
            }
            deploy["onSuccess"] = {"conditions": [{"result": "ROLLBACK", "rules": [rule]}]}
        stages.append(deploy)
        return {
            "name": self.name,
            "roleArn": self.roles["pipeline"],
            "pipelineType": "V2",
            "executionMode": "QUEUED",
            "artifactStore": {"type": "S3", "location": self.bucket},
            "stages": stages,
        }

    def create(self, **keywords: Any) -> str:
        self.client("codebuild").create_project(
            name=self.name,
            source={"type": "CODEPIPELINE", "buildspec": json.dumps(BUILD)},
            artifacts={"type": "CODEPIPELINE"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            serviceRole=self.roles["build"],
        )
        self.pipelines.create_pipeline(pipeline=self.declaration(**keywords))
        return str(self.latest()["pipelineExecutionId"])

    @property
    def pipelines(self) -> Any:
        return self.client("codepipeline")

    def start(self) -> str:
        return str(self.pipelines.start_pipeline_execution(name=self.name)["pipelineExecutionId"])

    def latest(self) -> Any:
        return self.pipelines.list_pipeline_executions(pipelineName=self.name)["pipelineExecutionSummaries"][
            0
        ]

    def execution(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] = self.pipelines.get_pipeline_execution(
            pipelineName=self.name, pipelineExecutionId=id_
        )["pipelineExecution"]
        return found

    def wait(self, id_: str) -> dict[str, Any]:
        while (found := self.execution(id_))["status"] not in ENDED:
            time.sleep(0.05)
        return found

    def stages(self) -> dict[str, Any]:
        state = self.pipelines.get_pipeline_state(name=self.name)
        return {each["stageName"]: each for each in state["stageStates"]}

    def action(self, stage: str) -> dict[str, Any]:
        found: dict[str, Any] = self.stages()[stage]["actionStates"][0].get("latestExecution", {})
        return found

    def token(self) -> str:
        while not self.action("Ask").get("token"):
            time.sleep(0.05)
        return str(self.action("Ask")["token"])

    def answer(self, status: str, token: str, client: Any = None) -> None:
        (client or self.pipelines).put_approval_result(
            pipelineName=self.name,
            stageName="Ask",
            actionName="Approve",
            result={"summary": f"I say {status}", "status": status},
            token=token,
        )

    def display_name(self) -> str:
        stack = self.client("cloudformation").describe_stack_resources(StackName=self.name)
        topic = stack["StackResources"][0]["PhysicalResourceId"]
        return str(self.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"])


def stack(display_name: str, **more: Any) -> str:
    template = copy.deepcopy(TOPIC)
    template["Resources"]["Topic"]["Properties"]["DisplayName"] = display_name
    template["Resources"].update(more)
    return json.dumps(template)


@pytest.fixture
def team(server: Server, make_role: Callable[..., Role], tmp_path: Path) -> Team:
    """A team whose repository is registered, with a first good commit."""
    bucket = f"artifacts-{uuid.uuid4().hex[:8]}"
    server.client("s3").create_bucket(Bucket=bucket)
    store = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }

    def allow(*actions: str) -> dict[str, Any]:
        return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}

    deploy = make_role(allow("sns:*"), principal="cloudformation.amazonaws.com")
    build = make_role(
        store,
        allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
        principal="codebuild.amazonaws.com",
    )
    pipeline = make_role(
        store,
        {"Effect": "Allow", "Action": "codeconnections:UseConnection", "Resource": CONNECTION},
        allow("codebuild:StartBuild", "codebuild:BatchGetBuilds"),
        allow("cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:DescribeStack*"),
        allow("cloudwatch:DescribeAlarms"),
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": deploy.arn},
        principal="codepipeline.amazonaws.com",
    )
    folder = tmp_path / "repository"
    folder.mkdir()
    made = Team(
        client=server.client,
        folder=folder,
        roles={"pipeline": pipeline.arn, "build": build.arn, "deploy": deploy.arn},
        bucket=bucket,
    )
    made.git("init", "--initial-branch=main")
    made.commit("The 'first' commit", words="hello", check_sh="true\n", stack_json=stack("first"))
    register(server, made.repository, folder)
    return made


def register(server: Server, name: str, folder: Path) -> None:
    path = server.state_dir / REPOSITORIES
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**known, name: str(folder)}))
