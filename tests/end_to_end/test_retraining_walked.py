"""Whatever dies in a retraining, at every state of its machine.

Training and release are machines of one state here. The next start completes or refuses cleanly, nothing is
done twice for a request, and the lease is free.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end import test_retraining, test_retraining_killed
from tests.end_to_end.chapters import chapters
from tests.end_to_end.killing import HALT, Walked, frozen
from tests.end_to_end.retraining import HERE, SERVED, Retraining

pytestmark = chapters("retraining", after=(test_retraining, test_retraining_killed))

TRAINED = {"outcome": "PendingApproval", "passed": "true", "reasons": "", "run": "walked", "rows": "9"}
"""What the training stands for ends with: a version that a person has approved already, so that every state
of waiting for one is passed."""


@pytest.fixture(scope="module")
def walked(retraining: Retraining) -> Iterator[Walked]:
    """The retraining machine, with training and release as machines of one state."""
    version = retraining.items(SERVED, "CHAMPION")[0]["package_arn"]
    arns = {name: f"arn:aws:states:{HERE}:stateMachine:served-{name}" for name in ("training", "release")}
    machines = {name: Walked(retraining.aws, arn) for name, arn in arns.items()}
    answers = {"training": {**TRAINED, "package_arn": version}, "release": {"outcome": "Succeeded"}}
    for name, machine in machines.items():
        machine.put(ending_with(answers[name]))
    made = Walked(retraining.aws, f"arn:aws:states:{HERE}:stateMachine:served-retraining")
    original = made.definition
    # Nothing joins in a walk: time that is waited for nothing is left out.
    made.definition = json.dumps(_without_debounce(json.loads(original)))
    made.put(made.definition)
    yield made
    made.put(original)
    for machine in machines.values():
        machine.put(machine.definition)


def ending_with(answer: dict[str, str]) -> dict[str, Any]:
    """A machine of one state that ends with an answer."""
    stub = {"Type": "Pass", "Output": answer, "End": True}
    return {"QueryLanguage": "JSONata", "StartAt": "Stub", "States": {"Stub": stub}}


def _without_debounce(machine: dict[str, Any]) -> dict[str, Any]:
    machine["States"]["Begin"]["Assign"]["settings"]["patience"]["debounce"] = 0
    return machine


def test_the_clock_retrains_once_with_what_its_rule_hands_over(
    retraining: Retraining, walked: Walked
) -> None:
    before = len(retraining.audit(SERVED))
    (rule,) = retraining.rules("365 days")
    target = retraining.target(rule)
    struck: dict[str, Any] = {"id": "e1", "time": "2026-11-01T00:00:00Z", "detail": {}}
    given = target["InputTransformer"]["InputTemplate"].replace("<aws.events.event.json>", json.dumps(struck))
    for _ in range(2):
        retraining.aws.client("lambda").invoke(FunctionName=target["Arn"], Payload=given.encode())
    retraining.until(lambda: len(retraining.audit(SERVED)) > before, "no retraining came to its end")
    retraining.settled(SERVED)
    (item,) = retraining.audit(SERVED)[before:]
    assert (item["outcome"], item["trigger"]) == ("Succeeded", "schedule")
    assert item["reason"] == "Scheduled by rate(365 days)."


def test_a_function_that_is_killed_is_asked_again(retraining: Retraining, walked: Walked) -> None:
    machine = walked.halting_before("ReleaseCapacity")
    machine["States"][HALT]["Seconds"] = 50
    walked.put(machine)
    execution = retraining.start(SERVED, reason="a function dies")
    retraining.aws.until_entered(execution, HALT)
    with frozen("FunctionsPlanRetraining"):
        retraining.aws.until_entered(execution, "ReleaseCapacity", then="TaskScheduled")
        time.sleep(0.3)
    walked.put(walked.definition)
    done = retraining.aws.wait(execution)
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), (done.error, done.cause)
    failures = [one for one in history(retraining, execution) if one["type"] == "TaskFailed"]
    assert [one["taskFailedEventDetails"]["error"] for one in failures] == ["Runtime.ExitError"]
    assert retraining.free()


def history(retraining: Retraining, execution: str) -> list[dict[str, Any]]:
    """The events of an execution."""
    answer = retraining.aws.client("stepfunctions").get_execution_history(
        executionArn=execution, maxResults=1000
    )
    found: list[dict[str, Any]] = answer["events"]
    return found


def test_a_nested_machine_that_is_stopped_fails_the_retraining_and_the_next_start_completes(
    retraining: Retraining, walked: Walked
) -> None:
    training = Walked(retraining.aws, f"arn:aws:states:{HERE}:stateMachine:served-training")
    training.put(training.halting_before("Stub"))
    execution = retraining.start(SERVED, reason="training is stopped")
    retraining.until(lambda: bool(retraining.executions(SERVED, "training", "RUNNING")), "no training")
    (running,) = retraining.executions(SERVED, "training", "RUNNING")
    retraining.kill(running)
    failed = retraining.aws.wait(execution)
    training.put(training.definition)
    assert (failed.status, "ABORTED" in failed.cause) == ("FAILED", True)
    assert retraining.free()
    assert retraining.run(SERVED, reason="again").output["outcome"] == "Succeeded"


def test_the_reaper_takes_back_what_a_stopped_retraining_holds(
    retraining: Retraining, walked: Walked
) -> None:
    walked.put(walked.halting_before("Train"))
    execution = retraining.start(SERVED, reason="is stopped")
    retraining.aws.until_entered(execution, HALT)
    retraining.stop(execution)
    walked.put(walked.definition)
    (lease,) = retraining.leases()
    retraining.aws.client("dynamodb").update_item(
        TableName=retraining.outputs["FleetTable"],
        Key={name: {"S": lease[name]} for name in ("pk", "sk")},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": {"S": "2000-01-01T00:00:00.000+00:00"}},
    )
    waiter = in_line(retraining, f"arn:aws:states:{HERE}:execution:decided-retraining:long-gone")
    (rule,) = retraining.rules("15 minutes")
    target = retraining.target(rule)
    answer = retraining.aws.client("lambda").invoke(
        FunctionName=target["Arn"], Payload=target["Input"].encode()
    )
    assert json.loads(answer["Payload"].read()) == {"evicted": 1}
    # The line was served, and who died in it passed by.
    assert retraining.leases(f"REQUEST#{waiter}") == []
    assert retraining.free()
    carried_on = retraining.run(SERVED, reason="start again")
    assert carried_on.output["outcome"] == "Succeeded"
    assert retraining.audit(SERVED)[-1]["reason"] == "is stopped"


def in_line(retraining: Retraining, owner: str) -> str:
    """Put a request of the other model's into the line, of an execution that died there; returns its id."""
    key = {"pk": {"S": "FLEET#fleet"}}
    asked = {
        "request_id": {"S": "waits"},
        "model": {"S": "decided"},
        "jobs": {"N": "1"},
        "instances": {"N": "1"},
    }
    request = {
        **{name: {"S": text} for name, text in (("owner_arn", owner), ("rank", "000000000000001"))},
        **{name: {"S": text} for name, text in (("task_token", "old"), ("lease_status", "Waiting"))},
    }
    places = {"REQUEST#waits": {**asked, **request}, "QUEUE#000000000000001#waits": asked}
    for sort_key, item in places.items():
        retraining.aws.client("dynamodb").put_item(
            TableName=retraining.outputs["FleetTable"], Item={**key, "sk": {"S": sort_key}, **item}
        )
    return "waits"


def test_what_fires_while_one_works_is_the_next_ones(retraining: Retraining, walked: Walked) -> None:
    before = len(retraining.audit(SERVED))
    machine = walked.halting_before("Train")
    machine["States"][HALT]["Seconds"] = 150
    walked.put(machine)
    first = retraining.start(SERVED, reason="works")
    retraining.aws.until_entered(first, HALT)
    walked.put(walked.definition)
    version = retraining.items(SERVED, "CHAMPION")[0]["version"]
    retraining.announce(retraining.judged(SERVED, "2013-12-28", "2013-12-29", version=version))
    retraining.until(lambda: len(retraining.audit(SERVED)) > before + 1, "no second retraining ended")
    retraining.settled(SERVED)
    told = [(one["outcome"], one["trigger"]) for one in retraining.audit(SERVED)[before:]]
    assert told == [("Succeeded", "request"), ("Succeeded", "drift")]
    assert retraining.free()


def succeeded_since(retraining: Retraining, workflow: str, before: set[str]) -> list[str]:
    """The requests that a machine worked for since then, of executions that succeeded."""
    new = set(retraining.executions(SERVED, workflow, "SUCCEEDED")) - before
    return [arn.rpartition(":")[2][:32] for arn in new]


def walk(retraining: Retraining, walked: Walked, state: str, outcome: str = "Succeeded") -> None:
    """Stop a retraining as it enters a state, start again, and look at what was done."""
    before = {name: set(retraining.executions(SERVED, name)) for name in ("training", "release")}
    walked.put(walked.halting_before(state))
    first = retraining.start(SERVED, reason=f"walk to {state}")
    retraining.aws.until_entered(first, HALT)
    retraining.stop(first)
    walked.put(walked.definition)
    second = retraining.run(SERVED, reason=f"walk on from {state}")
    assert second.status == "SUCCEEDED", (state, second.error, second.cause, second.states)
    assert second.output["outcome"] == outcome, (state, second.output)
    for name, known in before.items():
        done = succeeded_since(retraining, name, known)
        assert len(done) == len(set(done)) >= 1, f"stopped at {state}: {name} was done twice for a request"
    assert retraining.items(SERVED, "TRIGGER#") == [], state
    assert retraining.free(), state


UNUSUAL = {"Duplicate", "ReleaseFailed", "ConcludeFailure", "RecordFailure", "PublishFailure", "Failed"}
SUPERSEDED = {"LookAtRejected", "RejectedVerdict"}
"""States beside the path: what they are for is brought about in walks of their own."""


def test_a_walk_over_all_states_of_the_path(retraining: Retraining, walked: Walked) -> None:
    path = [name for name in walked.states if name not in UNUSUAL | SUPERSEDED]
    assert len(path) == 23
    for state in path:
        walk(retraining, walked, state)


def test_a_walk_over_the_states_of_a_release_that_came_to_nothing(
    retraining: Retraining, walked: Walked
) -> None:
    release = Walked(retraining.aws, f"arn:aws:states:{HERE}:stateMachine:served-release")
    release.put(ending_with({"outcome": "Superseded"}))
    for state in sorted(SUPERSEDED):
        walk(retraining, walked, state, "Superseded")
    release.put(release.definition)


def test_a_walk_over_the_states_that_handle_a_failure(retraining: Retraining, walked: Walked) -> None:
    release = Walked(retraining.aws, f"arn:aws:states:{HERE}:stateMachine:served-release")
    fails = {"Type": "Fail", "Error": "NoCapacity", "Cause": "not today"}
    for state in ("ReleaseFailed", "ConcludeFailure", "RecordFailure", "PublishFailure", "Failed"):
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
