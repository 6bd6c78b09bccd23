"""Kill -9 and stops in a retraining of the real machines: the next start completes, nothing is done twice."""

import json
from typing import Any

from mdlc_constructs.workflows.retraining.event_rules import RESUMED
from tests.end_to_end import test_retraining
from tests.end_to_end.chapters import chapters
from tests.end_to_end.killing import kill, one_process
from tests.end_to_end.retraining import SERVED, Retraining

pytestmark = chapters("retraining", after=(test_retraining,))


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
    assert failed.states[-4:] == ("ConcludeFailure", "RecordFailure", "PublishFailure", "Failed")
    assert retraining.audit(SERVED)[-1]["outcome"] == "Failed"
    assert retraining.free()
    assert carried_on(retraining, reason="b", labelled_until="2013-12-19") == "Succeeded"


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


def test_a_retraining_that_was_killed_is_started_again_once_by_the_clock(retraining: Retraining) -> None:
    with retraining.aws.held("served-train-*"):
        execution = retraining.start(SERVED, reason="a", labelled_until="2013-12-15")
        retraining.until(
            lambda: bool(retraining.aws.jobs(SERVED.team, "Training", StatusEquals="InProgress")), "no job"
        )
        before = len(retraining.executions(SERVED, "retraining"))
        retraining.kill(execution)
        retraining.until(lambda: not retraining.executions(SERVED, "training", "RUNNING"), "it trains on")
    (left,) = retraining.items(SERVED, "TRIGGER#")
    targets = [retraining.target(one) for one in retraining.rules(RESUMED)]
    (target,) = (one for one in targets if json.loads(one["Input"])["model"] == "served")
    started = set()
    for _ in range(3):
        answer = retraining.aws.client("lambda").invoke(
            FunctionName=target["Arn"], Payload=target["Input"].encode()
        )
        started.add(json.loads(answer["Payload"].read())["execution"])
    # The rule's own clock runs too, and may have been first.
    assert len(started - {None}) <= 1
    retraining.until(lambda: len(retraining.executions(SERVED, "retraining")) > before, "nothing started")
    retraining.settled(SERVED)
    assert len(retraining.executions(SERVED, "retraining")) == before + 1
    item = retraining.audit(SERVED)[-1]
    assert (item["outcome"], item["request_id"]) == ("Succeeded", left["claimed_by"])
    assert json.loads(item["window"])["end"] == "2013-12-15T00:00:01"
    assert retraining.items(SERVED, "TRIGGER#") == []
    assert retraining.free()
