"""Of equal executions at the same moment one records the run and publishes; the others end `Unchanged`.

`RecordAudit` is evaluated as Step Functions does it, on a table with DynamoDB's conditions.
"""

import re
from collections.abc import Mapping
from typing import Any

import jsonata
import pytest
from botocore.exceptions import ClientError

from lambdas.planning.audit import run_of
from lambdas.planning.errors import PlanningError
from lambdas.planning.execution_plan import finished_by, next_state
from lambdas.planning.steps import Job
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.settings.payloads.planning import RefusedCall
from mdlc_constructs.workflows.batch_inference.machine import BatchInferenceSettings, batch_inference_machine
from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from mdlc_constructs.workflows.training.machine import training_machine
from tests.lambdas.dynamodb import FakeDynamoDB
from tests.lambdas.functions.plan_training.test_logic import FILES, STEPS, decide, done, event, look_ups
from tests.workflows.settings import DATASET, TRAINING
from tests.workflows.test_real_time_inference_machine import RELEASE

MACHINES = {
    "training": training_machine(TRAINING),
    "batch-inference": batch_inference_machine(BatchInferenceSettings(model="flights", dataset=DATASET)),
    "release": release_machine(RELEASE),
}


def recording(machine: Machine) -> Any:
    return machine.to_asl()["States"]["RecordAudit"]  # type: ignore[index]


def rendered(value: Any, variables: Mapping[str, Any]) -> Any:
    """Arguments with their expressions evaluated; what has no value here is `-`."""
    if isinstance(value, dict):
        return {key: rendered(one, variables) for key, one in value.items()}
    if isinstance(value, list):
        return [rendered(one, variables) for one in value]
    if not str(value).startswith("{%"):
        return value
    expression = jsonata.Jsonata(str(value).removeprefix("{%").removesuffix("%}").strip())
    frame = expression.create_frame()
    for name, one in variables.items():
        frame.bind(name, one)
    found = expression.evaluate(None, frame)
    return "-" if found is None else found


class Execution:
    """An execution of a machine from its plan to its end, on a shared table."""

    def __init__(self, machine: Machine, table: FakeDynamoDB, name: str) -> None:
        self.state, self.table, self.name = recording(machine), table, name
        self.plan: dict[str, Any] = {}

    def plans(self) -> dict[str, Any]:
        found = run_of(self.table, "table", "flights", "r")
        self.plan = {"run": "r", "data_version": "d", "recorded": found, "finished_by": finished_by(found)}
        return self.plan

    def records(self, outcome: str) -> bool:
        """Whether `RecordAudit` went through."""
        context = {"Execution": {"Id": self.name, "Name": self.name, "StartTime": "t", "Input": {}}}
        variables = {"plan": self.plan, "result": {"outcome": outcome}, "states": {"context": context}}
        request = rendered(self.state["Arguments"], variables)
        for write in request["TransactItems"]:
            put = write["Put"]
            put["TableName"] = self.table.table
            put["Item"]["pk"] = {"S": "MODEL#flights"}
        try:
            self.table.transact_write_items(TransactItems=request["TransactItems"])
        except ClientError:
            return False
        return True

    def outcomes(self) -> list[str]:
        """Outcomes on record, by execution."""
        return sorted(
            item["outcome"]["S"] for key, item in self.table.items.items() if key[1].startswith("EXECUTION#")
        )


@pytest.mark.parametrize("workflow", sorted(MACHINES))
@pytest.mark.parametrize("outcome", ["Succeeded", "Refused"])
def test_of_two_that_come_to_the_record_one_is_unchanged(workflow: str, outcome: str) -> None:
    table = FakeDynamoDB(table="table")
    first, second = (Execution(MACHINES[workflow], table, name) for name in ("e1", "e2"))
    for one in (first, second):
        assert one.plans()["recorded"] is None
    assert first.records(outcome)
    assert not second.records(outcome), "both would announce the same run"
    # A repeated call of the one that was through, whose answer was lost, is no other execution's.
    assert first.records(outcome)
    assert second.plans()["recorded"] is not None
    assert second.records("Unchanged")
    assert second.outcomes() == sorted([outcome, "Unchanged"])
    assert run_of(table, "table", "flights", "r")["finished_by"] == "e1"  # type: ignore[index]


@pytest.mark.parametrize("workflow", sorted(MACHINES))
def test_who_is_refused_plans_again_and_everything_else_fails(workflow: str) -> None:
    catchers = recording(MACHINES[workflow])["Catch"]
    assert [(one["ErrorEquals"], one["Next"]) for one in catchers] == [
        (["DynamoDb.TransactionCanceledException"], "Plan"),
        (["States.ALL"], "RecordFailure"),
    ]
    assert catchers[0]["Output"]["taken"]["step"] == "RecordAudit"
    # Two transactions at once are in conflict: neither may have written.
    retried = {error for one in recording(MACHINES[workflow])["Retry"] for error in one["ErrorEquals"]}
    assert "DynamoDb.TransactionCanceledException" in retried


def test_runs_that_were_recorded_before_are_found_and_recorded_again() -> None:
    table = FakeDynamoDB(table="table")
    table.items["MODEL#flights", "RUN#r"] = {"pk": {"S": "MODEL#flights"}, "sk": {"S": "RUN#r"}}
    execution = Execution(MACHINES["training"], table, "e1")
    assert execution.plans()["finished_by"] == "none"
    assert execution.records("Unchanged")
    assert execution.plans()["finished_by"] == "none" and execution.records("Unchanged")


def test_a_release_that_goes_back_records_its_run_anew() -> None:
    table = FakeDynamoDB(table="table")
    for name in ("e1", "e2"):
        execution = Execution(MACHINES["release"], table, name)
        execution.plans()
        assert execution.records("Succeeded")
    assert run_of(table, "table", "flights", "r")["finished_by"] == "e2"  # type: ignore[index]


@pytest.mark.parametrize("completed", range(len(STEPS) + 1))
def test_an_equal_training_that_comes_between_any_two_steps_goes_on_and_ends_unchanged(
    completed: int,
) -> None:
    """What it does not find recorded it goes on with; what was recorded meanwhile it finds at its record."""
    found = look_ups(done(*STEPS[:completed])(event()))
    late = decide(event(), FILES, None, None, found)
    assert late["step"] == (*STEPS, "Register")[completed]
    taken = {"step": "RecordAudit", "error": "DynamoDb.TransactionCanceledException", "cause": "c"}
    everything = look_ups(done(*STEPS)(event()))
    recorded = {"outcome": "Refused", "finished_by": "e1"}
    again = decide(event(taken=taken), FILES, None, recorded, everything)
    assert (again["step"], again["finished_by"]) == ("Done", "e1")


def test_a_record_that_is_canceled_by_nobody_fails_and_does_not_go_round() -> None:
    taken = RefusedCall(step="RecordAudit", error="DynamoDb.TransactionCanceledException", cause="too large")
    jobs = {"Evaluate": [Job(status="Completed")]}
    with pytest.raises(PlanningError, match="too large") as raised:
        next_state(jobs, refused={}, last="Register", taken=taken)
    assert re.fullmatch(r"DynamoDb\.TransactionCanceledException", type(raised.value).__name__)
