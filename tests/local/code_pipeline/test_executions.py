"""Executions of pipelines run for real: sources, builds, stacks, approvals, conditions and rollbacks."""

import json
import time
import uuid
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from tests.local.code_pipeline.conftest import CONNECTION, Team, stack
from tests.local.conftest import REPOSITORIES
from tests.local.embedded import ACCOUNT, REGION, Role, Server


def test_a_commit_is_built_approved_and_deployed(
    server: Server, team: Team, make_role: Callable[..., Role]
) -> None:
    head = team.git("rev-parse", "HEAD")
    first = team.create(approval=True)
    token = team.token()
    assert team.action("Ask")["summary"] == f"hello by {head}"
    assert team.execution(first)["artifactRevisions"][0]["revisionId"] == head
    stranger = make_role({"Effect": "Allow", "Action": "codepipeline:Get*", "Resource": "*"})
    with pytest.raises(ClientError, match="PutApprovalResult"):
        team.answer("Approved", token, server.client("codepipeline", credentials=stranger.credentials))
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


def test_an_account_without_the_deploy_role_gets_nothing(team: Team) -> None:
    """As it is before an account is bootstrapped, or where it does not trust the pipeline's."""
    absent = f"arn:aws:iam::333333333333:role/cdk-hnb659fds-deploy-role-333333333333-{REGION}"
    document = team.declaration()
    document["stages"][-1]["actions"][0]["roleArn"] = absent
    team.create()
    team.wait(team.latest()["pipelineExecutionId"])
    team.pipelines.update_pipeline(pipeline=document)
    failed = team.wait(team.start())
    assert failed["status"] == "Failed"
    assert f"may not assume the action's role {absent}" in failed["statusSummary"]
