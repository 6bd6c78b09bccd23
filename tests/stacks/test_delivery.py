"""The stacks of a delivery: their stages, roles, bad input, and cfn-lint."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk
import pytest
from aws_cdk import App, Stack

from mdlc_cli.tools.build_images import read
from mdlc_constructs import (
    AlarmWatch,
    BuildCommands,
    CodeCommit,
    Connection,
    ContainerImage,
    DeliveryPipeline,
    SmokeTest,
)
from mdlc_constructs.delivery.access import DeliveryAccess
from mdlc_constructs.governance.nag import flat
from tests.stacks.delivery import BETA, CHECKS, HOME, PROD, REGION, SECOND, SOURCE, delivery
from tests.synthesized import Synthesized

HERE = aws_cdk.Environment(account=HOME, region=REGION)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    delivery(app)
    return Path(app.synth().directory)


@pytest.fixture(scope="module")
def stacks(folder: Path) -> dict[str, Synthesized]:
    names = ("ChurnDelivery", "ChurnProd")
    return {name: Synthesized.read(folder / f"{name}.template.json") for name in names}


def test_the_stages_are_in_order(stacks: dict[str, Synthesized]) -> None:
    pipeline = stacks["ChurnDelivery"].properties("AWS::CodePipeline::Pipeline")
    assert (pipeline["PipelineType"], pipeline["ExecutionMode"]) == ("V2", "QUEUED")
    assert [stage["Name"] for stage in pipeline["Stages"]] == [
        *("Source", "Build", "Publish", "UpdatePipeline", "Beta", "ApproveProd", "Prod")
    ]
    beta, review, prod = pipeline["Stages"][-3:]
    assert beta["OnFailure"] == prod["OnFailure"] == {"Result": "ROLLBACK"}
    assert "OnFailure" not in review
    rules = prod["OnSuccess"]["Conditions"][0]["Rules"]
    assert [rule["Configuration"]["WaitTime"] for rule in rules] == ["20"]


def test_actions_of_the_other_account_have_its_roles(stacks: dict[str, Synthesized]) -> None:
    pipeline = stacks["ChurnDelivery"].properties("AWS::CodePipeline::Pipeline")
    (prod,) = (stage for stage in pipeline["Stages"] if stage["Name"] == "Prod")
    roles = {action["Name"]: action["RoleArn"].split(":")[4:] for action in prod["Actions"]}
    deploy = [SECOND, f"role/cdk-hnb659fds-deploy-role-{SECOND}-{REGION}"]
    check = [SECOND, f"role/mdlc-churn-delivery-checks-{REGION}"]
    assert roles == {"Prepare-ChurnProd": deploy, "Deploy-ChurnProd": deploy, "Check1-churn-training": check}


def test_only_the_pipelines_role_checks_the_other_account(stacks: dict[str, Synthesized]) -> None:
    role = stacks["ChurnProd"].properties("AWS::IAM::Role")
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
    named = flat(trusted["Condition"]["ArnEquals"]["aws:PrincipalArn"])
    assert named == f"arn:<AWS::Partition>:iam::{HOME}:role/mdlc-churn-delivery-pipeline"
    own = stacks["ChurnDelivery"].of_type("AWS::IAM::Role").values()
    assert "mdlc-churn-delivery-pipeline" in {each["Properties"].get("RoleName") for each in own}


def test_logs_expire_and_what_rests_is_encrypted(stacks: dict[str, Synthesized]) -> None:
    stack = stacks["ChurnDelivery"]
    for group in stack.of_type("AWS::Logs::LogGroup").values():
        assert group["Properties"]["RetentionInDays"] == 365
        assert group["Properties"]["KmsKeyId"]
    for project in stack.of_type("AWS::CodeBuild::Project").values():
        assert project["Properties"]["EncryptionKey"]
    assert stack.properties("AWS::CodePipeline::Pipeline")["ArtifactStore"]["EncryptionKey"]["Type"] == "KMS"


def test_the_builds_role_of_the_teams_code_assumes_no_role(stacks: dict[str, Synthesized]) -> None:
    roles = stacks["ChurnDelivery"].of_type("AWS::IAM::Role")
    (build,) = (role for name, role in roles.items() if name.startswith("DeliveryBuildRole"))
    actions = {
        action
        for policy in build["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in statement["Action"]
    }
    assert not {action for action in actions if action.startswith(("sts:", "iam:", "cloudformation:"))}


@pytest.mark.slow
def test_cfn_lint_finds_nothing(folder: Path) -> None:
    lint = Path(sys.executable).parent / "cfn-lint"
    templates = map(str, sorted(folder.glob("*.template.json")))
    done = subprocess.run([str(lint), *templates], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_commits_of_codecommit_start_it_by_event(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    delivery(app, source=CodeCommit(repository="churn"))
    rule = Synthesized.all_of(app)["ChurnDelivery"].properties("AWS::Events::Rule")
    assert rule["EventPattern"]["detail"]["referenceName"] == ["main"]


def test_images_are_built_before_the_synthesis_which_knows_their_digests(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    delivery(app, images=(ContainerImage(directory="model", stops_at="CRITICAL"),))
    stack = Synthesized.all_of(app)["ChurnDelivery"]
    stages = stack.properties("AWS::CodePipeline::Pipeline")["Stages"]
    assert [stage["Name"] for stage in stages][:3] == ["Source", "Images", "Build"]
    (build,) = stages[2]["Actions"]
    assert [each["Name"] for each in build["InputArtifacts"]] == ["Source", "Images"]
    assert build["Configuration"]["PrimarySource"] == "Source"
    projects = stack.of_type("AWS::CodeBuild::Project")
    specs = {name: each["Properties"]["Source"]["BuildSpec"] for name, each in projects.items()}
    (build_spec,) = (spec for name, spec in specs.items() if name.startswith("DeliveryBuild"))
    (images_spec,) = (spec for name, spec in specs.items() if name.startswith("DeliveryImages"))
    assert "export MDLC_IMAGES=$CODEBUILD_SRC_DIR_Images/images.json" in flat(build_spec)
    (declared,) = read(json.loads(images_spec)["env"]["variables"]["MDLC_DECLARED_IMAGES"])
    assert (declared.repository, declared.severities) == ("churn-delivery/model", ("CRITICAL",))
    repository = stack.only("AWS::ECR::Repository")
    assert repository["Properties"]["ImageTagMutability"] == "IMMUTABLE"
    assert repository["Properties"]["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert repository["DeletionPolicy"] == "Retain"
    (statement,) = repository["Properties"]["RepositoryPolicyText"]["Statement"]
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{SECOND}:root"]}
    assert "ecr:PutImage" not in statement["Action"]


def pipeline(**arguments: Any) -> DeliveryPipeline:
    stack = Stack(App(), "Refused", env=arguments.pop("env", HERE))
    given: dict[str, Any] = {"name": "churn", "source": SOURCE, "environments": (BETA, PROD), **arguments}
    return DeliveryPipeline(stack, "Delivery", **given)


def access() -> DeliveryAccess:
    stack = Stack(App(), "Refused", env=HERE)
    bare = replace(PROD, checks=())
    return DeliveryAccess(stack, "Access", pipeline="churn", pipeline_account=HOME, environment=bare)


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: pipeline(environments=()), "give a tuple of at least one Environment"),
    (lambda: pipeline(environments=[BETA]), "give a tuple of at least one Environment"),
    (lambda: pipeline(environments=(BETA, "Prod")), r"give Environment\(name="),
    (lambda: pipeline(environments=(BETA, replace(PROD, name="Beta"))), "two environments have that name"),
    (lambda: pipeline(environments=(BETA, replace(BETA, name="Two"))), "two environments deploy that stack"),
    (lambda: pipeline(environments=(replace(BETA, region="us-east-1"),)), "in another region than the pipe"),
    (lambda: pipeline(environments=(replace(BETA, stacks=("Refused",)),)), "the pipeline's own stack"),
    (lambda: pipeline(env=None), "has no account and region"),
    (lambda: pipeline(name="Churn Delivery"), "Churn Delivery"),
    (access, "it has no checks, so the pipeline needs no role"),
    (lambda: replace(BETA, account="1111"), "twelve digits as text"),
    (lambda: replace(BETA, account=111111111111), "twelve digits as text"),  # type: ignore[arg-type]
    (lambda: replace(BETA, region="europe"), "give a region"),
    (lambda: replace(BETA, name="beta"), "begin with a capital letter"),
    (lambda: replace(BETA, name="Build"), "a stage of every pipeline"),
    (lambda: replace(BETA, stacks=()), "names of the stacks"),
    (lambda: replace(BETA, stacks=("a_b",)), "the name of a stack of the app"),
    (lambda: replace(BETA, checks=("churn",)), "give SmokeTest"),  # type: ignore[arg-type]
    (lambda: replace(BETA, checks=(CHECKS[1], CHECKS[1])), "one AlarmWatch with all alarms"),
    (lambda: AlarmWatch(alarms=()), "a tuple of alarm names"),
    (lambda: AlarmWatch(alarms=("a\n",)), "names of alarms"),
    (lambda: AlarmWatch(alarms=tuple("abcdef")), "at most five rules"),
    (lambda: AlarmWatch(alarms=("a",), minutes=0), "minutes=0"),
    (lambda: SmokeTest(machine="arn:aws:states:x"), "the name of a state machine"),
    (lambda: SmokeTest(machine="churn", input={"a": object()}), "give values of JSON"),
    (lambda: Connection(arn="connection", repository="team/churn"), "give the ARN of a connection"),
    (lambda: replace(SOURCE, repository="churn"), "give owner and name"),
    (lambda: replace(SOURCE, branch="two words"), "the name of one branch"),
    (lambda: CodeCommit(repository="team/churn"), "the name of a repository of CodeCommit"),
    (lambda: pipeline(images=["model"]), "give a tuple of ContainerImage"),
    (lambda: pipeline(images=("model",)), r"give ContainerImage\(directory="),
    (lambda: pipeline(images=(ContainerImage(directory="a/b"), ContainerImage(directory="a-b"))), "share a"),
    (lambda: ContainerImage(directory="../model"), "give a path in the repository"),
    (lambda: ContainerImage(directory="m", language="julia"), "choose one of python, r"),  # type: ignore[arg-type]
    (lambda: ContainerImage(directory="m", stops_at="BAD"), "choose one of CRITICAL"),  # type: ignore[arg-type]
    (lambda: BuildCommands(images=()), "give the command that builds images"),
    (lambda: BuildCommands(test="make test"), "give a tuple of commands"),  # type: ignore[arg-type]
    (lambda: BuildCommands(test=(" ",)), "give commands as texts"),
    (lambda: BuildCommands(synth=()), "give the command that synthesizes"),
    (lambda: BuildCommands(python=3.10), "the version as text"),  # type: ignore[arg-type]
    (lambda: BuildCommands(minutes=1000), "minutes=1000"),
]


@pytest.mark.parametrize(("make", "sentence"), REFUSED, ids=[sentence for _, sentence in REFUSED])
def test_bad_input_is_refused_in_one_sentence(make: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as refused:
        make()
    assert "\n" not in str(refused.value)
