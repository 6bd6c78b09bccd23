"""The function's entry point over a tracking server in memory, with what the state hands over."""

from typing import Any

import pytest

from lambdas.aws.mlflow import MlflowRefused, MlflowUnavailable
from lambdas.functions.track_experiment.handler import handler
from mdlc_constructs.workflows.training.machine import training_machine
from tests.lambdas.http_services import Drop, Reply
from tests.lambdas.mlflow_server import MlflowServer
from tests.workflows.test_equal_executions import rendered
from tests.workflows.test_training_experiments import ARN, TRACKED

CONTEXT: Any = None
RUN = "0f1e2d3c"


VARIABLES: dict[str, Any] = {
    "plan": {"run": RUN, "data_version": "3b5c", "names": {"Train": "flights-train-1"}},
    "gate": {"metrics": {"auc": 0.71, "log_loss": None}},
    "result": {"outcome": "Succeeded", "package_arn": "arn:p/1", "evaluation": "s3://b/evaluations/1/"},
    "states": {"context": {"Execution": {"Id": "arn:e", "StartTime": "2026-11-30T11:00:00.123Z"}}},
}


def event(run: str = RUN) -> dict[str, Any]:
    """What the state hands over, its expressions evaluated."""
    task: Any = training_machine(TRACKED).state("TrackExperiment").to_asl()
    payload = rendered(task["Arguments"]["Payload"], VARIABLES)
    assert "-" not in (*payload.values(), *payload["tags"].values())
    return {**payload, "app": ARN, "run": run}


def test_a_training_is_a_run_with_parameters_metrics_and_versions(tracking: MlflowServer) -> None:
    answer = handler(event(), CONTEXT)
    run = tracking.run()
    assert answer == {"run": next(iter(tracking.runs)), "error": ""}
    assert run["params"] == {"num_round": "10", "objective": "binary:logistic"}
    assert run["metrics"] == {"auc": [0.71]}
    expected = {"data_version": "3b5c", "code_version": "unversioned", "model_package": "arn:p/1"}
    assert expected.items() <= run["tags"].items()
    assert (run["name"], run["status"], tracking.experiments) == (RUN, "FINISHED", {"flights": "1"})


def test_a_repeated_call_finds_the_run_and_adds_nothing(tracking: MlflowServer) -> None:
    first = handler(event(), CONTEXT)
    assert handler(event(), CONTEXT) == first
    assert tracking.run()["metrics"] == {"auc": [0.71]}


def test_the_run_of_the_training_job_is_taken(tracking: MlflowServer) -> None:
    tracking.experiments["flights"] = "1"
    made = tracking.add_run("1", RUN, {})
    made["params"]["num_round"] = "10.0"
    handler(event(), CONTEXT)
    # MLflow lets no parameter be changed.
    assert tracking.run()["params"] == {"num_round": "10.0", "objective": "binary:logistic"}
    assert tracking.run()["tags"]["mdlc_run"] == RUN


def test_another_training_is_another_run(tracking: MlflowServer) -> None:
    handler(event(), CONTEXT)
    handler(event(run="other"), CONTEXT)
    assert [run["name"] for run in tracking.runs.values()] == [RUN, "other"]


def test_an_experiment_that_another_execution_made_first_is_taken(tracking: MlflowServer) -> None:
    def made_meanwhile() -> Reply | None:
        tracking.experiments["flights"] = "9"
        return 200, {}, b"{}"

    tracking.faults["experiments/search"] = [made_meanwhile]
    handler(event(), CONTEXT)
    assert tracking.run()["experiment"] == "9"


def test_a_deleted_experiment_is_a_sentence(tracking: MlflowServer) -> None:
    tracking.experiments["flights"] = "1"
    tracking.deleted.add("flights")
    with pytest.raises(MlflowRefused, match=r"RESOURCE_ALREADY_EXISTS: Experiment 'flights' already exists"):
        handler(event(), CONTEXT)


def test_a_run_whose_creation_got_no_answer_is_not_made_twice(tracking: MlflowServer) -> None:
    def made_without_an_answer() -> Reply | None:
        tracking.add_run("1", RUN, {"mdlc_run": RUN})
        raise Drop

    tracking.faults["runs/create"] = [made_without_an_answer]
    handler(event(), CONTEXT)
    assert len(tracking.runs) == 1 and tracking.count("runs/create") == 1


def test_a_run_that_cannot_be_made_is_a_sentence(tracking: MlflowServer) -> None:
    tracking.faults["runs/create"] = [lambda: (500, {}, b"")]
    with pytest.raises(
        MlflowUnavailable, match=r"runs/create: the MLflow app gave no answer: .*status 500\."
    ):
        handler(event(), CONTEXT)
