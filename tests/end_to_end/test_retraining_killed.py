"""Whatever dies in a retraining: the next start completes it, nothing is done twice, the lease is free.

Real kills of processes on the real machines first; then a walk over all states, with training and release as
machines of one state each.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.killing import HALT, Walked, frozen, kill, one_process
from tests.end_to_end.retraining import DECIDED, HERE, SERVED, Retraining

UNTIL = {"reason": "again", "labelled_until": "2013-12-21"}


def carried_on(retraining: Retraining, **given: Any) -> str:
    """The outcome of a start by hand after something died."""
    done = retraining.run(SERVED, **given)
    assert done.status == "SUCCEEDED", (done.error, done.cause, done.states)
    retraining.settled(SERVED)
    assert retraining.items(SERVED, "TRIGGER#") == []
    assert retraining.free()
    return str(done.output["outcome"])


def test_a_job_that_is_killed_fails_the_retraining_and_the_next_start_completes(
    retraining: Retraining,
) -> None:
    before = retraining.aws.jobs(SERVED.team, "Training")
    execution = retraining.start(SERVED, reason="a", labelled_until="2013-12-19")
    job = ""
    with retraining.aws.held("served-train-*"):
        retraining.until(
            lambda: len(retraining.aws.jobs(SERVED.team, "Training")) > len(before), "no training job"
        )
        (job,) = set(retraining.aws.jobs(SERVED.team, "Training")) - set(before)
    kill(one_process(job))
    failed = retraining.aws.wait(execution)
    assert failed.status == "FAILED", failed.output
    assert failed.states[-4:] == ("ConcludeFailure", "RecordFailure", "AnnounceFailure", "Failed")
    assert retraining.audit(SERVED)[-1]["outcome"] == "Failed"
    assert retraining.free()
    assert carried_on(retraining, reason="b", labelled_until="2013-12-19") == "Succeeded"


def test_a_function_that_is_killed_is_asked_again(retraining: Retraining) -> None:
    execution = retraining.start(SERVED, reason="a", labelled_until="2013-12-18")
    retraining.aws.until_entered(execution, "Train")
    with frozen("FunctionsPlanRetraining"):
        retraining.aws.until_entered(execution, "RestLease")
        time.sleep(0.3)
    done = retraining.aws.wait(execution)
    assert done.status == "SUCCEEDED", (done.error, done.cause)
    assert done.output["outcome"] == "Succeeded"
    retraining.settled(SERVED)
    assert retraining.free()


def test_a_nested_machine_that_is_stopped_fails_the_retraining_and_the_next_start_completes(
    retraining: Retraining,
) -> None:
    with retraining.aws.held("served-*"):
        execution = retraining.start(SERVED, reason="a", labelled_until="2013-12-17")
        retraining.until(lambda: bool(retraining.executions(SERVED, "training", "RUNNING")), "no training")
        (training,) = retraining.executions(SERVED, "training", "RUNNING")
        retraining.stop(training)
        failed = retraining.aws.wait(execution)
    assert (failed.status, "ABORTED" in failed.cause) == ("FAILED", True)
    assert retraining.free()
    assert carried_on(retraining, reason="b", labelled_until="2013-12-17") == "Succeeded"


def test_a_retraining_that_is_stopped_while_it_trains_is_carried_on(retraining: Retraining) -> None:
    with retraining.aws.held("served-train-*"):
        execution = retraining.start(SERVED, reason="a", labelled_until="2013-12-16")
        retraining.until(
            lambda: bool(retraining.aws.jobs(SERVED.team, "Training", StatusEquals="InProgress")), "no job"
        )
        retraining.stop(execution)
        (training,) = retraining.executions(SERVED, "training")[:1]
        retraining.until(lambda: not retraining.executions(SERVED, "training", "RUNNING"), "it trains on")
    assert retraining.aws.wait(training).status == "ABORTED"
    (left,) = retraining.items(SERVED, "TRIGGER#")
    assert carried_on(retraining, reason="b") == "Succeeded"
    item = retraining.audit(SERVED)[-1]
    # The very same work: the rows that were chosen first, and what was asked first.
    assert (item["request_id"], item["reason"]) == (left["claimed_by"], "a")
    assert json.loads(item["window"])["end"] == "2013-12-16T00:00:01"


def test_the_reaper_takes_back_what_a_stopped_retraining_holds(retraining: Retraining) -> None:
    with retraining.aws.held("served-*"):
        execution = retraining.start(SERVED, reason="a", labelled_until="2013-12-15")
        retraining.aws.until_entered(execution, "Train")
        retraining.stop(execution)
        retraining.until(lambda: not retraining.executions(SERVED, "training", "RUNNING"), "it trains on")
    (lease,) = retraining.leases()
    retraining.aws.client("dynamodb").update_item(
        TableName=retraining.outputs["FleetTable"],
        Key={name: {"S": lease[name]} for name in ("pk", "sk")},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": {"S": "2000-01-01T00:00:00.000+00:00"}},
    )
    waiting = retraining.start(DECIDED, reason="in line", labelled_until="2013-12-20")
    retraining.until(lambda: bool(retraining.leases("QUEUE#")), "nobody stands in line")
    events = retraining.aws.client("events")
    (rule,) = (
        one["Name"]
        for one in events.list_rules()["Rules"]
        if "15 minutes" in one.get("ScheduleExpression", "")
    )
    (target,) = events.list_targets_by_rule(Rule=rule)["Targets"]
    answer = retraining.aws.client("lambda").invoke(
        FunctionName=target["Arn"], Payload=target["Input"].encode()
    )
    assert json.loads(answer["Payload"].read()) == {"back": 1}
    assert retraining.aws.wait(waiting).status == "SUCCEEDED"
    assert carried_on(retraining, reason="b") == "Succeeded"


TRAINED = {"outcome": "PendingApproval", "passed": "true", "reasons": "", "run": "walked", "rows": "9"}
"""What the training stands for ends with: a version that a person has approved already, so that every state
of waiting for one is passed."""


@pytest.fixture(scope="module")
def walked(retraining: Retraining) -> Iterator[Walked]:
    """The retraining machine, with training and release as machines of one state."""
    version = retraining.items(SERVED, "CHAMPION")[0]["package_arn"]
    arns = {name: f"arn:aws:states:{HERE}:stateMachine:served-{name}" for name in ("training", "release")}
    machines = {name: Walked(retraining.aws, arn) for name, arn in arns.items()}
    answers = {"training": {**TRAINED, "package_arn": version}, "release": {"outcome": "Superseded"}}
    for name, machine in machines.items():
        stub = {"Type": "Pass", "Output": answers[name], "End": True}
        machine.put({"QueryLanguage": "JSONata", "StartAt": "Stub", "States": {"Stub": stub}})
    made = Walked(retraining.aws, f"arn:aws:states:{HERE}:stateMachine:served-retraining")
    original = made.definition
    # Nothing joins in a walk: time that is waited for nothing is left out.
    made.definition = json.dumps(_without_debounce(json.loads(original)))
    made.put(made.definition)
    yield made
    made.put(original)
    for machine in machines.values():
        machine.put(machine.definition)


def _without_debounce(machine: dict[str, Any]) -> dict[str, Any]:
    machine["States"]["Begin"]["Assign"]["settings"]["patience"]["debounce"] = 0
    return machine


def succeeded_since(retraining: Retraining, workflow: str, before: set[str]) -> list[str]:
    """The requests that a machine worked for since then, of executions that succeeded."""
    new = set(retraining.executions(SERVED, workflow, "SUCCEEDED")) - before
    return [arn.rpartition(":")[2][:32] for arn in new]


def walk(retraining: Retraining, walked: Walked, state: str, fails: str = "") -> None:
    """Stop a retraining as it enters a state, start again, and look at what was done."""
    before = {name: set(retraining.executions(SERVED, name)) for name in ("training", "release")}
    walked.put(walked.halting_before(state))
    first = retraining.start(SERVED, reason=f"walk to {state}")
    retraining.aws.until_entered(first, HALT)
    retraining.stop(first)
    walked.put(walked.definition)
    second = retraining.run(SERVED, reason=f"walk on from {state}")
    assert second.status == "SUCCEEDED", (state, second.error, second.cause, second.states)
    assert second.output["outcome"] == "Succeeded", (state, second.output)
    for name, known in before.items():
        done = succeeded_since(retraining, name, known)
        assert len(done) == len(set(done)) >= 1, f"stopped at {state}: {name} was done twice for a request"
    assert retraining.items(SERVED, "TRIGGER#") == [], state
    assert retraining.free(), state


UNUSUAL = {"Duplicate", "ReleaseFailed", "ConcludeFailure", "RecordFailure", "AnnounceFailure", "Failed"}
"""States beside the path: what they are for is brought about in a walk of their own."""


def test_a_walk_over_all_states_of_the_path(retraining: Retraining, walked: Walked) -> None:
    path = [name for name in walked.states if name not in UNUSUAL]
    assert len(path) == 25
    for state in path:
        walk(retraining, walked, state)


def test_a_walk_over_the_states_that_handle_a_failure(retraining: Retraining, walked: Walked) -> None:
    release = Walked(retraining.aws, f"arn:aws:states:{HERE}:stateMachine:served-release")
    fails = {"Type": "Fail", "Error": "NoCapacity", "Cause": "not today"}
    for state in ("ReleaseFailed", "ConcludeFailure", "RecordFailure", "AnnounceFailure", "Failed"):
        release.put({"QueryLanguage": "JSONata", "StartAt": "Stub", "States": {"Stub": fails}})
        walked.put(walked.halting_before(state))
        first = retraining.start(SERVED, reason=f"fail to {state}")
        retraining.aws.until_entered(first, HALT)
        retraining.stop(first)
        walked.put(walked.definition)
        release.put(release.definition)
        second = retraining.run(SERVED, reason="go on")
        assert (second.status, second.output["outcome"]) == ("SUCCEEDED", "Succeeded"), (state, second)
        assert retraining.free(), state


def test_a_walk_to_where_another_has_done_the_work(retraining: Retraining, walked: Walked) -> None:
    walked.put(walked.halting_before("Duplicate"))
    first = retraining.start(SERVED, noted=True)
    retraining.aws.until_entered(first, HALT)
    retraining.stop(first)
    walked.put(walked.definition)
    second = retraining.run(SERVED, noted=True)
    assert (second.status, second.output["outcome"]) == ("SUCCEEDED", "Duplicate")
    assert retraining.free()
