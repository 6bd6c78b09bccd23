"""The approval machine as a construct, beside the training workflow that starts it."""

from datetime import timedelta

import pytest
from aws_cdk import App, Stack

from mdlc_constructs import Approval
from tests.synthesized import Synthesized
from tests.workflows.stacks import HERE, training

TIMED = Approval.manual(remind_after=timedelta(days=2), expires_after=timedelta(days=14))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """A model that a person approves, and one that the gate approves."""
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    made = Stack(app, "Decided", env=HERE)
    training(made, "flights")
    workflow = training(made, "trains", approval=TIMED)
    assert workflow.approval is not None and workflow.approval.sources == ()
    return Synthesized.all_of(app)["Decided"]


def test_a_timed_approval_has_a_machine_that_changes_its_own_models_packages_only(
    stack: Synthesized,
) -> None:
    names = {
        machine["Properties"]["StateMachineName"]
        for machine in stack.of_type("AWS::StepFunctions::StateMachine").values()
    }
    assert {name for name in names if name.endswith("-approval")} == {"trains-approval"}
    allowed = stack.allowed("TrainingtrainsApprovalRole")
    assert {action for action, _ in allowed if not action.startswith(("xray:", "logs:"))} == {
        "dynamodb:PutItem",
        "events:PutEvents",
        "sagemaker:DescribeModelPackage",
        "sagemaker:UpdateModelPackage",
        "kms:Decrypt",
        "kms:GenerateDataKey",
    }
    packages = {resource for action, resource in allowed if action.startswith("sagemaker:")}
    assert len(packages) == 1 and packages.pop().endswith("/*")
    starts = {
        resource
        for action, resource in stack.allowed("TrainingtrainsRole")
        if action == "states:StartExecution"
    }
    assert {resource.rpartition(":")[2] for resource in starts} == {"trains-approval"}
