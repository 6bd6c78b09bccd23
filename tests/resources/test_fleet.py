"""A fleet as a resource: its table, its reaper, and models of several stacks in it."""

from datetime import timedelta

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_kms as kms

from mdlc_constructs import (
    Budget,
    Fleet,
    Gate,
    ModelHome,
    OnRequest,
    RetrainingWorkflow,
    SlidingWindow,
    TrainingWorkflow,
)
from tests.synthesized import Synthesized
from tests.workflows.settings import ALGORITHM, DATASET
from tests.workflows.stacks import HERE


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Synthesized]:
    """A platform's fleet with two models of two stacks."""
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    platform = Stack(app, "Platform", env=HERE)
    fleet = Fleet(platform, "Fleet", name="all", budget=Budget(jobs=1, instances=2))
    for name in ("flights", "trains"):
        stack = Stack(app, name.title(), env=HERE)
        home = ModelHome(stack, "Model", name=name)
        training = TrainingWorkflow(
            stack,
            "Training",
            home=home,
            dataset=DATASET,
            algorithm=ALGORITHM,
            gate=Gate(better_than_champion="auc"),
        )
        RetrainingWorkflow(
            stack,
            "Retraining",
            home=home,
            training=training,
            triggers=(OnRequest(),),
            window=SlidingWindow(length=timedelta(days=90), holdout=timedelta(days=14)),
            fleet=fleet,
        )
    return Synthesized.all_of(app)


def test_leases_are_encrypted_and_what_ended_is_forgotten(stacks: dict[str, Synthesized]) -> None:
    (table,) = (one["Properties"] for one in stacks["Platform"].of_type("AWS::DynamoDB::Table").values())
    assert table["SSESpecification"]["SSEType"] == "KMS"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "forget_at", "Enabled": True}


def looked_at(stack: Synthesized, role: str) -> set[str]:
    """The machines whose executions a role may look at."""
    return {
        resource.rsplit(":", 2)[1]
        for action, resource in stack.allowed(role)
        if action == "states:DescribeExecution"
    }


def test_one_reaper_looks_at_the_machines_of_every_stack(stacks: dict[str, Synthesized]) -> None:
    # One wildcard: its policy grows with no model, and a model that is deleted takes nothing away.
    assert looked_at(stacks["Platform"], "FunctionsReapLeasesRole") == {"*-retraining"}
    for name in ("Flights", "Trains"):
        functions = stacks[name].of_type("AWS::Lambda::Function").values()
        assert not [one for one in functions if "reap_leases" in one["Properties"]["Handler"]]


@pytest.mark.parametrize("name", ["Flights", "Trains"])
def test_whoever_serves_the_line_may_look_whether_its_head_is_alive(
    stacks: dict[str, Synthesized], name: str
) -> None:
    assert "*-retraining" in looked_at(stacks[name], "FunctionsPlanRetrainingRole")


@pytest.mark.parametrize("name", ["Flights", "Trains"])
def test_every_model_shares_the_one_table(stacks: dict[str, Synthesized], name: str) -> None:
    stack = stacks[name]
    assert len(stack.of_type("AWS::DynamoDB::Table")) == 1  # the model's own
    tables = {r for a, r in stack.allowed("FunctionsPlanRetrainingRole") if a == "dynamodb:UpdateItem"}
    assert len(tables) == 2


def test_ones_own_key_is_used() -> None:
    app = App()
    stack = Stack(app, "Platform", env=HERE)
    key = kms.Key.from_key_arn(stack, "Ours", "arn:aws:kms:eu-central-1:111111111111:key/ours")
    Fleet(stack, "Fleet", key=key)
    made = Synthesized.all_of(app)["Platform"]
    assert made.of_type("AWS::KMS::Key") == {}
