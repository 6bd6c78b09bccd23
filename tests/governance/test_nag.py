"""cdk-nag on stacks of this library: nothing of ours is left, and nothing of the user's is hidden."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from examples.flight_delay.stack import FlightDelayStack
from mdlc_constructs import ContainerImage, ModelHome, TrainingWorkflow, governance
from mdlc_constructs.governance.nag import flat
from stacks.model_team import ModelTeamStack
from stacks.platform import PlatformStack
from tests.stacks.delivery import delivery
from tests.stacks.test_model_team import TEAM
from tests.workflows.settings import ALGORITHM, DATASET
from tests.workflows.stacks import HERE, STACKS, chained

pytestmark = pytest.mark.slow


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What cdk-nag said of an app.

    Attributes:
        findings: pairs of construct path and finding that fail the synthesis.
        acknowledged: pairs of construct path and finding, to the reason.
    """

    findings: set[tuple[str, str]]
    acknowledged: dict[tuple[str, str], str]


@pytest.fixture
def judge(tmp_path: Path) -> Callable[[Callable[[App], object]], Judged]:
    def judged(build: Callable[[App], object]) -> Judged:
        app = App(outdir=str(tmp_path))
        # Registered first: what stands in the app at its synthesis is judged, not what stands in it now.
        governance.add_nag(app)
        build(app)
        failure = ""
        try:
            app.synth()
        except RuntimeError as error:
            failure = str(error)
        (report,) = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
        assert report["pluginName"] == "AwsSolutions"
        findings = _by_construct(report["violations"])
        assert failure.startswith("ValidationFailed") == bool(findings)
        return Judged(findings=set(findings), acknowledged=_by_construct(report["suppressedViolations"]))

    return judged


def _by_construct(violations: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    return {
        (construct["constructPath"], violation["ruleName"]): violation.get("reason", "")
        for violation in violations
        for construct in violation["violatingConstructs"]
    }


Judge = Callable[[Callable[[App], object]], Judged]


@pytest.mark.parametrize("env", [HERE, None], ids=["region known", "any region"])
def test_the_example_is_clean_and_every_acknowledgment_has_a_reason(
    judge: Judge, env: Environment | None
) -> None:
    judged = judge(lambda app: FlightDelayStack(app, "FlightDelay", env=env))
    assert judged.findings == set()
    assert len(judged.acknowledged) > 50
    assert all(len(reason) > 40 for reason in judged.acknowledged.values())


def test_the_reference_stacks_are_clean(judge: Judge) -> None:
    def build(app: App) -> None:
        platform = PlatformStack(app, "Platform", monthly_cost_usd=500)
        ModelTeamStack(
            app,
            "Churn",
            team=TEAM,
            fleet=platform.fleet,
            key=platform.key,
            alarm_topic=platform.alarm_topic,
        )

    assert judge(build).findings == set()


def test_a_delivery_is_clean_and_every_acknowledgment_has_a_reason(judge: Judge) -> None:
    judged = judge(lambda app: delivery(app, images=(ContainerImage(directory="model"),)))
    assert judged.findings == set()
    assert len(judged.acknowledged) == 13
    assert all(len(reason) > 40 for reason in judged.acknowledged.values())


@pytest.mark.slow
def test_every_other_stack_of_the_tests_is_clean(judge: Judge) -> None:
    def build(app: App) -> None:
        for name, (make, env) in STACKS.items():
            if make is not chained:
                make(Stack(app, name, env=env))

    assert judge(build).findings == set()


def test_a_home_in_another_stack_is_known(judge: Judge) -> None:
    def build(app: App) -> None:
        home = ModelHome(Stack(app, "Platform", env=HERE), "Model", name="flights")
        stack = Stack(app, "Team", env=HERE)
        TrainingWorkflow(stack, "Training", home=home, dataset=DATASET, algorithm=ALGORITHM)

    assert judge(build).findings == set()


def test_access_logs_leave_nothing_to_acknowledge(judge: Judge) -> None:
    def build(app: App) -> None:
        stack = Stack(app, "Flights", env=HERE)
        logs = s3.Bucket(stack, "Logs", enforce_ssl=True)
        ModelHome(stack, "Model", name="flights", access_logs_bucket=logs)

    judged = judge(build)
    assert not [path for path, finding in judged.acknowledged if finding == "AwsSolutions-S1"]
    assert not [path for path, _ in judged.findings if path.startswith("Flights/Model")]


def test_findings_of_the_users_own_constructs_still_fail(judge: Judge) -> None:
    class Curious(TrainingWorkflow):
        def before_train(self) -> None:
            # As wide as what the library's roles hold, and inside the library's construct.
            wide = iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"])
            role = iam.Role(self, "OwnRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
            role.add_to_policy(wide)
            s3.Bucket(self, "Bucket", enforce_ssl=True)

    def build(app: App) -> None:
        stack = Stack(app, "Flights", env=HERE)
        home = ModelHome(stack, "Model", name="flights")
        Curious(stack, "Training", home=home, dataset=DATASET, algorithm=ALGORITHM)

    assert judge(build).findings == {
        ("Flights/Training/OwnRole/DefaultPolicy/Resource", "AwsSolutions-IAM5[Resource::*]"),
        ("Flights/Training/Bucket/Resource", "AwsSolutions-S1"),
    }


def test_what_a_users_chain_asks_for_is_the_users_to_acknowledge(judge: Judge) -> None:
    judged = judge(lambda app: chained(Stack(app, "Chained", env=HERE)))
    (finding,) = (f for path, f in judged.findings if path == "Chained/Training-flights/Role")
    assert finding.startswith("AwsSolutions-IAM5[Resource::<Tell") and finding.endswith(".Arn>:*]")


def test_a_grant_to_the_machines_role_is_the_users_to_acknowledge(judge: Judge) -> None:
    def build(app: App) -> None:
        stack = Stack(app, "Flights", env=HERE)
        home = ModelHome(stack, "Model", name="flights")
        workflow = TrainingWorkflow(stack, "Training", home=home, dataset=DATASET, algorithm=ALGORITHM)
        board = s3.Bucket.from_bucket_name(stack, "Board", "board")
        board.grant_put(workflow.role)
        workflow.role.add_to_principal_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=["*"]))

    judged = judge(build)
    assert {finding for _, finding in judged.findings} == {
        "AwsSolutions-IAM5[Action::s3:Abort*]",
        "AwsSolutions-IAM5[Resource::*]",
        "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::board/*]",
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain-${AWS::Region}", "plain-<AWS::Region>"),
        ({"Ref": "Bucket"}, "<Bucket>"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "<Bucket.Arn>"),
        ({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3"]]}, "arn:<AWS::Partition>:s3"),
        ({"Fn::Sub": "${AWS::AccountId}.dkr"}, "<AWS::AccountId>.dkr"),
        ({"Fn::ImportValue": "Platform:Bucket"}, "Platform:Bucket"),
    ],
)
def test_references_are_written_as_cdk_nag_does(value: object, text: str) -> None:
    assert flat(value) == text
