"""Names that an account has once in a region are claimed at synth, whichever stacks would have them."""

import re
from dataclasses import replace

import pytest
from aws_cdk import App, Environment, Stack, Stage

from mdlc_constructs import (
    BatchInferenceWorkflow,
    MonitoringWorkflow,
    RealTimeInferenceWorkflow,
    TrainingWorkflow,
)
from mdlc_constructs.resources.model_home import ModelHome
from tests.workflows.settings import ALGORITHM, DATASET

HERE = Environment(account="111111111111", region="eu-central-1")
THERE = Environment(account="111111111111", region="us-east-1")

TAKEN = (
    "name='flights' is that of First/Home, in the same account and region: give each model a name of its "
    "own, or their stacks the env= that they are deployed to."
)


def home(stack: Stack, id_: str = "Home", name: str = "flights") -> ModelHome:
    return ModelHome(stack, id_, name=name)


@pytest.mark.parametrize("env", [HERE, None], ids=["region known", "any region"])
def test_two_homes_of_one_name_are_refused_in_one_stack_and_in_two(env: Environment | None) -> None:
    app = App()
    first = Stack(app, "First", env=env)
    home(first)
    for stack, id_ in ((first, "Second"), (Stack(app, "Second", env=env), "Home")):
        with pytest.raises(ValueError, match=re.escape(TAKEN)):
            home(stack, id_)


def test_a_model_may_stand_in_several_environments() -> None:
    app = App()
    home(Stack(app, "First", env=HERE))
    home(Stack(app, "Second", env=THERE))
    home(Stack(app, "Third", env=replace_account(HERE)))
    for name in ("Dev", "Prod"):  # Which accounts these go to is known to the person who deploys them.
        home(Stack(Stage(app, name), "Flights"))


def replace_account(env: Environment) -> Environment:
    return Environment(account="222222222222", region=env.region)


def test_stages_for_the_same_account_and_region_share_its_names() -> None:
    app = App()
    home(Stack(Stage(app, "Dev"), "Flights", env=HERE))
    with pytest.raises(ValueError, match="name='flights' is that of Dev/Flights/Home, in the same account"):
        home(Stack(Stage(app, "Prod"), "Flights", env=HERE))


def test_a_home_that_was_refused_leaves_its_name() -> None:
    stack = Stack(App(), "First")
    with pytest.raises(ValueError, match="must be lowercase words"):
        home(stack, name="Flights")
    home(stack)


def test_a_model_has_one_workflow_of_each_kind() -> None:
    app = App()
    first, second = Stack(app, "First"), Stack(app, "Second")
    model = home(first)
    TrainingWorkflow(first, "Training", home=model, dataset=DATASET, algorithm=ALGORITHM)
    released = RealTimeInferenceWorkflow(first, "Release", home=model, dataset=DATASET)
    BatchInferenceWorkflow(first, "Batch", home=model, dataset=DATASET, moves_champion=False)
    MonitoringWorkflow(first, "Watch", home=model, dataset=DATASET, endpoint=released)
    sentence = (
        "Again would make the state machine flights-training, which First/Training makes in the same account "
        "and region: a model has one training workflow; pass the home of another model, or give the stacks "
        "the env= that they are deployed to."
    )
    for stack in (first, second):
        with pytest.raises(ValueError, match=re.escape(sentence)):
            TrainingWorkflow(stack, "Again", home=model, dataset=DATASET, algorithm=ALGORITHM)
        with pytest.raises(ValueError, match="which First/Release makes"):
            RealTimeInferenceWorkflow(stack, "Again", home=model, dataset=DATASET, endpoint_name="other")
        with pytest.raises(ValueError, match="which First/Batch makes"):
            BatchInferenceWorkflow(stack, "Again", home=model, dataset=DATASET)
        with pytest.raises(ValueError, match="which First/Watch makes"):
            MonitoringWorkflow(stack, "Again", home=model, dataset=DATASET, endpoint=released)


def test_names_of_machines_of_two_models_do_not_meet() -> None:
    stack = Stack(App(), "Team")
    batch = BatchInferenceWorkflow(stack, "Batch", home=home(stack), dataset=DATASET)
    MonitoringWorkflow(stack, "Watch", home=batch.home, dataset=DATASET, batch=batch)
    other = home(stack, "Other", "flights-batch")
    released = RealTimeInferenceWorkflow(stack, "Release", home=other, dataset=DATASET)
    with pytest.raises(ValueError, match="Clash would make the state machine flights-batch-monitoring"):
        MonitoringWorkflow(stack, "Clash", home=other, dataset=DATASET, endpoint=released)


def test_an_endpoint_takes_one_models_releases_whatever_the_case_of_its_name() -> None:
    app = App()
    first, second = Stack(app, "First"), Stack(app, "Second")
    RealTimeInferenceWorkflow(first, "Release", home=home(first), dataset=DATASET, endpoint_name="Board")
    other = replace(DATASET, uri="s3://rails/raw/")
    with pytest.raises(ValueError, match="endpoint_name is 'board', to which First/Release releases"):
        RealTimeInferenceWorkflow(
            second, "Release", home=home(second, name="trains"), dataset=other, endpoint_name="board"
        )
