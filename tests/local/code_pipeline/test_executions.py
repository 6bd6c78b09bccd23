"""Executions of pipelines run for real: sources, builds, stacks, approvals, conditions and rollbacks."""

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
from botocore.exceptions import ClientError

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
        return self.latest()["pipelineExecutionId"]

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


def test_a_commit_is_built_approved_and_deployed(team: Team, make_role: Callable[..., Role]) -> None:
    head = team.git("rev-parse", "HEAD")
    first = team.create(approval=True)
    token = team.token()
    assert team.action("Ask")["summary"] == f"hello by {head}"
    assert team.execution(first)["artifactRevisions"][0]["revisionId"] == head
    stranger = make_role({"Effect": "Allow", "Action": "codepipeline:Get*", "Resource": "*"})
    with pytest.raises(ClientError, match="PutApprovalResult"):
        team.answer("Approved", token, stranger_client(team, stranger))
    with pytest.raises(ClientError, match="InvalidApprovalToken"):
        team.answer("Approved", str(uuid.uuid4()))
    team.answer("Approved", token)
    assert team.wait(first)["status"] == "Succeeded"
    with pytest.raises(ClientError, match="ApprovalAlreadyCompleted"):
        team.answer("Rejected", token)
    assert team.display_name() == "first"
    details = team.pipelines.list_action_executions(pipelineName=team.name)["actionExecutionDetails"]
    build = next(each for each in details if each["actionName"] == "Build")
    assert build["output"]["outputVariables"] == {"WORDS": "hello"}
    assert f"{head} The 'first' commit" in build["input"]["resolvedConfiguration"]["EnvironmentVariables"]
    team.commit("nobody wants it", words="no")
    second = team.start()
    team.answer("Rejected", team.token())
    rejected = team.wait(second)
    assert rejected["status"] == "Failed"
    assert "I say Rejected" in rejected["statusSummary"]
    assert team.stages()["Prod"]["latestExecution"]["pipelineExecutionId"] == first


def stranger_client(team: Team, role: Role) -> Any:
    import boto3

    endpoint = team.client("codepipeline").meta.endpoint_url
    return boto3.client("codepipeline", endpoint_url=endpoint, region_name=REGION, **role.credentials)


def test_a_failing_build_stops_the_commit_and_a_failing_stack_is_rolled_back(team: Team) -> None:
    assert team.wait(team.create())["status"] == "Succeeded"
    team.commit("a test breaks", check_sh="echo 1 failed; exit 4\n")
    broken = team.wait(team.start())
    assert broken["status"] == "Failed"
    assert "BUILD, Code: COMMAND_EXECUTION_ERROR" in broken["statusSummary"]
    assert "sh check.sh" in broken["statusSummary"]
    absent = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:absent"
    broken_resource = {"Type": "Custom::Broken", "Properties": {"ServiceToken": absent}}
    team.commit("a stack breaks", check_sh="true\n", stack_json=stack("second", Broken=broken_resource))
    failed = team.wait(team.start())
    assert failed["status"] == "Failed"
    assert "Broken: " in failed["statusSummary"]
    back = team.latest()
    assert back["executionType"] == "ROLLBACK"
    assert team.wait(back["pipelineExecutionId"])["status"] == "Succeeded"
    assert team.display_name() == "first"


def test_an_alarm_after_the_deployment_brings_the_stack_back(team: Team) -> None:
    alarm, cloudwatch = f"errors-{team.name}", team.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=alarm, Namespace="team", MetricName="Errors", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="test")
    assert team.wait(team.create(alarm=alarm))["status"] == "Succeeded"
    team.commit("bad in production", stack_json=stack("second"))
    bad = team.start()
    while not _stack_is(team, "second"):
        time.sleep(0.05)
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
    failed = team.wait(bad)
    assert failed["status"] == "Failed"
    assert f"The alarm {alarm} is in state ALARM" in failed["statusSummary"]
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="test")
    back = team.latest()
    assert back["rollbackMetadata"] is not None
    assert team.wait(back["pipelineExecutionId"])["status"] == "Succeeded"
    assert team.display_name() == "first"


def _stack_is(team: Team, display_name: str) -> bool:
    return team.display_name() == display_name


def test_two_commits_are_released_in_their_order_and_an_update_cancels(team: Team) -> None:
    first = team.create(approval=True)
    token = team.token()
    team.commit("second", stack_json=stack("second"))
    second = team.start()
    while team.stages()["Ask"].get("inboundExecutions", [{}])[:1] != [
        {"pipelineExecutionId": second, "status": "InProgress", "type": "STANDARD"}
    ]:
        time.sleep(0.05)
    team.answer("Approved", token)
    assert team.wait(first)["status"] == "Succeeded"
    assert team.token() != token
    team.pipelines.update_pipeline(pipeline=team.declaration(approval=False))
    assert team.wait(second)["status"] == "Cancelled"
    third = team.start()
    assert team.wait(third)["status"] == "Succeeded"
    assert team.display_name() == "second"
    with pytest.raises(ClientError, match="PipelineExecutionOutdated"):
        team.pipelines.rollback_stage(
            pipelineName=team.name, stageName="Prod", targetPipelineExecutionId=first
        )


def test_an_execution_that_is_stopped_releases_nothing(team: Team) -> None:
    first = team.create(approval=True)
    team.token()
    with pytest.raises(ClientError, match="does not exist"):
        team.pipelines.stop_pipeline_execution(pipelineName=team.name, pipelineExecutionId=str(uuid.uuid4()))
    team.pipelines.stop_pipeline_execution(
        pipelineName=team.name, pipelineExecutionId=first, abandon=True, reason="a mistake"
    )
    assert team.wait(first)["status"] == "Stopped"
    assert "latestExecution" not in team.stages()["Prod"]
    with pytest.raises(ClientError, match="PipelineExecutionNotStoppable"):
        team.pipelines.stop_pipeline_execution(pipelineName=team.name, pipelineExecutionId=first)


def test_a_connection_that_nobody_completed_fails_the_source(server: Server, team: Team) -> None:
    path = server.state_dir / REPOSITORIES
    path.write_text(json.dumps({}))
    failed = team.wait(team.create())
    assert failed["status"] == "Failed"
    assert f"Connection {CONNECTION} is not available" in failed["statusSummary"]


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("deploy", "not authorized to perform AssumeRole on role"),
    ],
)
def test_a_pipeline_whose_role_is_for_another_service_is_refused(team: Team, role: str, said: str) -> None:
    document = {**team.declaration(), "roleArn": team.roles[role]}
    with pytest.raises(ClientError, match=said):
        team.pipelines.create_pipeline(pipeline=document)


def test_what_a_role_may_not_do_fails_its_action(team: Team, make_role: Callable[..., Role]) -> None:
    role = make_role(
        {"Effect": "Allow", "Action": ["s3:*", "codeconnections:*"], "Resource": "*"},
        principal="codepipeline.amazonaws.com",
    )
    team.roles["pipeline"] = role.arn
    failed = team.wait(team.create())
    assert "is not authorized to perform: codebuild:StartBuild" in failed["statusSummary"]
