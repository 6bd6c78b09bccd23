"""What stands around a machine that tries versions first: its judge, and what that may do."""

import pytest
from aws_cdk import App, Stack

from mdlc_constructs import RealTimeInferenceWorkflow
from tests.synthesized import Synthesized
from tests.workflows.stacks import HERE, trying


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """Three models: one tried in shadow, one in an A/B test, one not."""
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    made = Stack(app, "Trying", env=HERE)
    trying(made)
    tests = {
        each.endpoint_name: each.tests_variants
        for each in made.node.find_all()
        if isinstance(each, RealTimeInferenceWorkflow)
    }
    assert tests == {"shadowed": False, "tested": True, "untried": False}
    return Synthesized.all_of(app)["Trying"]


def of(allowed: set[tuple[str, str]], action: str) -> set[str]:
    """The ends of the ARNs on which an action is allowed."""
    return {arn.rsplit(">", 1)[-1].rsplit(":sagemaker:", 1)[-1] for one, arn in allowed if one == action}


def test_the_judge_reads_and_changes_nothing(stack: Synthesized) -> None:
    judge = stack.allowed("FunctionsJudgeExperimentRole")
    assert of(judge, "s3:GetObject") == {"/capture/*", "/outcomes/*"}
    read = {arn for action, arn in judge if action == "s3:GetObject" and "outcomes" in arn}
    assert len(read) == 1 and "tested" in read.pop()
    assert ("cloudwatch:GetMetricStatistics", "*") in judge
    mine = {action for action, _ in judge if not action.startswith(("logs:", "xray:"))}
    changes = ("Put", "Delete", "Update", "Create", "Invoke")
    assert not {action for action in mine if action.split(":")[1].startswith(changes)}


def test_the_planner_looks_at_executions_that_try(stack: Synthesized) -> None:
    planner = stack.allowed("FunctionsPlanReleaseRole")
    looked = of(planner, "states:DescribeExecution")
    assert looked == {":execution:shadowed-release:*", ":execution:tested-release:*"}


@pytest.mark.parametrize(
    ("name", "configs"),
    [("shadowed", ("config", "trial")), ("tested", ("config", "trial")), ("untried", ("config",))],
)
def test_a_machine_brings_its_endpoint_to_its_own_configurations(
    stack: Synthesized, name: str, configs: tuple[str, ...]
) -> None:
    allowed = stack.allowed(f"Release{name}Role")
    assert of(allowed, "sagemaker:UpdateEndpoint") == {
        f":endpoint/{name}",
        *(f":endpoint-config/{name}-{step}-*" for step in configs),
    }


def test_without_an_experiment_nothing_is_tried(stack: Synthesized) -> None:
    assert "Trial" not in stack.states("untried-release")
    assert "JudgeTrial" in stack.states("tested-release")
