"""A training that is a run in an MLflow app: its machine and its permissions."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack

from mdlc_constructs import Approval, ChannelTrainingWorkflow, Gate, Mlflow, ModelHome
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.workflows.channel_training.machine import channel_training_machine
from mdlc_constructs.workflows.training.machine import training_machine
from mdlc_constructs.workflows.training.settings import TrainingSettings
from tests.synthesized import Synthesized
from tests.workflows.channel_settings import ON_PICTURES, TEXTS
from tests.workflows.settings import TRAINING
from tests.workflows.stacks import HERE, training
from tests.workflows.test_channel_constructs import channels_of
from tests.workflows.test_tuned_training import TUNED

ARN = "arn:aws:sagemaker:eu-central-1:111111111111:mlflow-app/app-1"
TRACKED: TrainingSettings = replace(TRAINING, mlflow=Mlflow(app_arn=ARN, training_job=True))
GATE = Gate(at_least={"validation:accuracy": 0.5})
CALL = ("sagemaker:CallMlflowAppApi", ARN)


@pytest.fixture(scope="module")
def machine() -> Machine:
    return training_machine(TRACKED)


def states(machine: Machine) -> dict[str, Any]:
    found = machine.to_asl()["States"]
    assert isinstance(found, dict)
    return found


def test_without_an_app_nothing_of_it_is_in_the_machine() -> None:
    text = json.dumps(training_machine(TRAINING).to_asl()).lower()
    assert "mlflow" not in text and "experiment" not in text


def test_the_training_job_gets_the_run(machine: Machine) -> None:
    assert states(machine)["Train"]["Arguments"]["MlflowConfig"] == {
        "MlflowResourceArn": "${MlflowApp}",
        "MlflowExperimentName": "flights",
        "MlflowRunName": "{% $plan.run %}",
    }
    check(replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")))


def test_the_training_job_can_do_without(machine: Machine) -> None:
    app = Mlflow(app_arn=ARN, experiment="team/flights")
    made = states(training_machine(replace(TRAINING, mlflow=app)))
    assert "MlflowConfig" not in made["Train"]["Arguments"]
    assert made["TrackExperiment"]["Arguments"]["Payload"]["experiment"] == "team/flights"


def test_the_run_is_written_after_the_decision_and_fails_nothing(machine: Machine) -> None:
    found = states(machine)
    assert found["Decide"]["Next"] == "TrackExperiment"
    state = found["TrackExperiment"]
    (caught,) = state["Catch"]
    assert caught["ErrorEquals"] == ["States.ALL"]
    assert state["Next"] == caught["Next"] == "RecordAudit"
    assert set(caught["Assign"]["mlflow"]) == {"run", "error"}
    item = found["RecordAudit"]["Arguments"]["TransactItems"][0]["Put"]["Item"]
    assert item["mlflow_run"] == {"S": "{% $mlflow.run %}"}
    assert item["mlflow_error"] == {"S": "{% $mlflow.error %}"}


def test_an_execution_without_work_has_no_run(machine: Machine) -> None:
    (done,) = (rule for rule in states(machine)["Resume"]["Choices"] if "'Done'" in rule["Condition"])
    assert done["Assign"]["mlflow"] == {"run": "", "error": ""}


def test_a_version_that_waits_for_a_person_is_a_run_too() -> None:
    manual = Approval.manual(remind_after=timedelta(days=1), expires_after=timedelta(days=2))
    found = states(training_machine(replace(TRACKED, approval=manual)))
    assert found["TrackExperiment"]["Next"] == found["TrackExperiment"]["Catch"][0]["Next"] == "NeedsPerson"


def test_a_search_writes_the_best_trial() -> None:
    found = states(training_machine(replace(TUNED, mlflow=Mlflow(app_arn=ARN, training_job=True))))
    assert "Mlflow" not in json.dumps(found["Train"])
    payload = found["TrackExperiment"]["Arguments"]["Payload"]
    assert "$tuned.hyperparameters" in payload["hyperparameters"]
    assert "$tuned.job" in payload["tags"]["training_job"]


def test_a_training_on_channels_is_a_run_too() -> None:
    made = channel_training_machine(replace(ON_PICTURES, mlflow=Mlflow(app_arn=ARN, training_job=True)))
    check(replace(made, bindings=dict.fromkeys(made.placeholders(), "bound")))
    found = states(made)
    assert found["Train"]["Arguments"]["MlflowConfig"]["MlflowRunName"] == "{% $plan.run %}"
    assert (found["Decide"]["Next"], found["TrackExperiment"]["Next"]) == ("TrackExperiment", "RecordAudit")
    text = json.dumps(channel_training_machine(ON_PICTURES).to_asl()).lower()
    assert "mlflow" not in text and "experiment" not in text


def test_channels_have_the_function_and_the_permission(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    stack = Stack(app, "One", env=HERE)
    home = ModelHome(stack, "Home", name="names")
    tracked = Mlflow(app_arn=ARN, training_job=True)
    ChannelTrainingWorkflow(
        stack, "Training", home=home, channels=channels_of(home), algorithm=TEXTS, gate=GATE, mlflow=tracked
    )
    made = Synthesized.all_of(app)["One"]
    callers = {role for role in made.of_type("AWS::IAM::Role") if CALL in made.allowed(role)}
    assert {role.rstrip("0123456789ABCDEF") for role in callers} == {
        "FunctionsTrackExperimentRole",
        "TrainingTrainRole",
    }


@pytest.mark.parametrize("by_job", [True, False])
def test_only_who_writes_may_call_the_app(tmp_path: Path, by_job: bool) -> None:
    app = App(outdir=str(tmp_path))
    training(Stack(app, "One", env=HERE), mlflow=Mlflow(app_arn=ARN, training_job=by_job))
    stack = Synthesized.all_of(app)["One"]
    callers = {role for role in stack.of_type("AWS::IAM::Role") if CALL in stack.allowed(role)}
    assert {role.rstrip("0123456789ABCDEF") for role in callers} == {
        "FunctionsTrackExperimentRole",
        *(["TrainingflightsTrainRole"] if by_job else []),
    }
    substitutions = stack.machine("flights-training")["DefinitionSubstitutions"]
    assert substitutions["MlflowApp"] == ARN
