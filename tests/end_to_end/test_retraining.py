"""The loop closes by itself on the embedded AWS: what fires leads to one training, one release, one record.

The tests tell one story and run in order.
"""

import json
from dataclasses import replace

import pytest

from mdlc_cli import audit_table, machines
from mdlc_client import audit
from tests.end_to_end.aws import Execution
from tests.end_to_end.chapters import chapters
from tests.end_to_end.retraining import DECIDED, SERVED, Retraining
from tests.end_to_end.team_retraining import Retrained

pytestmark = chapters("retraining")


def concluded(retraining: Retraining, model: Retrained, outcome: str, *, after: int) -> dict[str, str]:
    """The audit item of the retraining that follows so many; waits until nothing of the model runs."""
    retraining.until(lambda: len(retraining.audit(model)) > after, "no retraining came to its end")
    retraining.settled(model)
    items = retraining.audit(model)[after:]
    assert [one["outcome"] for one in items] == [outcome], items
    return items[0]


def succeeded(done: Execution) -> Execution:
    assert done.status == "SUCCEEDED", (done.error, done.cause, done.states)
    return done


def test_a_request_trains_releases_and_is_on_record(retraining: Retraining) -> None:
    done = succeeded(retraining.run(SERVED, reason="first model", labelled_until="2013-12-20"))
    assert done.output["outcome"] == "Succeeded", done.output
    (item,) = retraining.audit(SERVED)
    assert (item["outcome"], item["trigger"], item["reason"]) == ("Succeeded", "request", "first model")
    assert json.loads(item["triggers"])[0]["reason"] == "first model"
    assert json.loads(item["window"])["end"] == "2013-12-20T00:00:01"
    assert retraining.items(SERVED, "CHAMPION")[0]["package_arn"] == item["package_arn"]
    assert item["run"] == retraining.audit(SERVED, "training")[-1]["run"]
    assert item["release_execution"] in retraining.executions(SERVED, "release", "SUCCEEDED")
    assert retraining.items(SERVED, "TRIGGER#") == []
    assert retraining.free()


def test_a_storm_of_events_of_one_window_retrains_once(retraining: Retraining) -> None:
    detail = retraining.judged(SERVED, "2013-12-24", "2013-12-25")
    retraining.announce(detail, times=20)
    item = concluded(retraining, SERVED, "Succeeded", after=1)
    assert len(retraining.executions(SERVED, "training")) == 2
    assert item["trigger"] == "drift"
    (trigger,) = json.loads(item["triggers"])
    assert trigger["report"].endswith("monitoring/endpoint/2013-12-24/report.json")
    # The rows since the drift would be too few, so that the shortest window is taken.
    assert json.loads(item["window"]) == {"start": "2013-08-27T00:00:01", "end": "2013-12-25T00:00:01"}
    assert retraining.items(SERVED, "CHAMPION")[0]["version"] == "2"
    # The same window again is known, and starts nothing.
    retraining.announce(detail)
    assert len(retraining.audit(SERVED)) == 2
    assert retraining.free()


def test_a_challenger_that_loses_leaves_the_champion_and_lengthens_the_cool_down(
    retraining: Retraining,
) -> None:
    retraining.upload(SERVED, seed=3, rows=2000, files=1, shuffled=True)
    detail = retraining.judged(
        SERVED,
        "2013-12-26",
        "2013-12-27",
        version="2",
        drifted="false",
        metrics='{"auc": {"value": 0.42, "low": 0.3, "high": 0.5}}',
    )
    retraining.announce(detail)
    item = concluded(retraining, SERVED, "Lost", after=2)
    assert (item["trigger"], item["passed"]) == ("accuracy-loss", "false")
    assert "auc" in item["reasons"]
    assert item["release_execution"] == ""
    assert retraining.items(SERVED, "CHAMPION")[0]["version"] == "2"
    (past,) = retraining.items(SERVED, "RETRAINING")
    assert past["losses"] == "1"
    assert retraining.free()
    retraining.upload(SERVED, seed=3, rows=2000, files=1)


def test_one_trains_at_a_time_and_who_waits_for_a_person_lets_the_other_train(
    retraining: Retraining,
) -> None:
    with retraining.aws.held("served-*"):
        first = retraining.start(SERVED, reason="at once", labelled_until="2013-12-22")
        retraining.aws.until_entered(first, "Train")
        second = retraining.start(DECIDED, reason="first model", labelled_until="2013-12-20")
        retraining.until(lambda: bool(retraining.leases("QUEUE#")), "nobody stands in line")
        assert [one["model"] for one in retraining.leases()] == ["served"]
        assert retraining.executions(DECIDED, "training") == []
    assert succeeded(retraining.aws.wait(first)).output["outcome"] == "Succeeded"
    retraining.aws.until_entered(second, "AwaitApproval")
    assert [one["model"] for one in retraining.leases()] == ["decided"]
    assert retraining.leases("TOTAL")[0]["used_jobs"] == "0"


def decide(retraining: Retraining, status: str, reason: str) -> None:
    """A person decides on the latest version in the registry."""
    package = retraining.audit(DECIDED, "training")[-1]["package_arn"]
    retraining.aws.client("sagemaker").update_model_package(
        ModelPackageArn=package, ModelApprovalStatus=status, ApprovalDescription=reason
    )


def test_a_persons_approval_wakes_the_machine(retraining: Retraining) -> None:
    decide(retraining, "Approved", "looks good")
    item = concluded(retraining, DECIDED, "Succeeded", after=0)
    assert item["release_execution"] == ""
    assert retraining.free()


def test_new_files_start_a_retraining_that_a_person_rejects(retraining: Retraining) -> None:
    assert retraining.items(DECIDED, "RETRAINING")[0]["trained_files"] == "1"
    retraining.upload(DECIDED, "more-", seed=8, rows=90, files=3)
    retraining.until(lambda: bool(retraining.executions(DECIDED, "retraining", "RUNNING")), "nothing began")
    (running,) = retraining.executions(DECIDED, "retraining", "RUNNING")
    retraining.aws.until_entered(running, "AwaitApproval")
    decide(retraining, "Rejected", "not in December")
    item = concluded(retraining, DECIDED, "Lost", after=1)
    assert (item["trigger"], item["reasons"]) == ("new-data", "Rejected in the registry: not in December")
    (past,) = retraining.items(DECIDED, "RETRAINING")
    assert (past["losses"], past["trained_files"], past["trained_rows"]) == ("1", "4", "2090")
    assert retraining.free()


def test_what_a_deployment_changes_of_training_retrains(retraining: Retraining) -> None:
    before = len(retraining.audit(SERVED))
    retraining.deploy(replace(SERVED, rounds=7), DECIDED)
    item = concluded(retraining, SERVED, "Succeeded", after=before)
    assert item["trigger"] == "code-change"
    training = retraining.audit(SERVED, "training")[-1]
    assert json.loads(training["hyperparameters"])["num_round"] == "7"


def test_the_command_line_finds_the_machine_and_tells_what_it_did(retraining: Retraining) -> None:
    target = retraining.aws.target
    machine = machines.choose(machines.all_machines(target), "retraining", model="served")
    assert machine.name == "served-retraining"
    found = audit.executions(audit.items(target, retraining.table(SERVED), model="served"))
    columns, rows = audit_table.rows(found)
    told = [dict(zip(columns, row, strict=True)) for row in rows]
    (lost,) = [one for one in told if (one["workflow"], one["outcome"]) == ("retraining", "Lost")]
    assert (lost["trigger"], lost["version"]) == ("accuracy-loss", "3")


@pytest.mark.parametrize("model", [SERVED, DECIDED], ids=lambda one: one.team.model)
def test_nothing_was_trained_or_released_twice(retraining: Retraining, model: Retrained) -> None:
    runs = [one["run"] for one in retraining.audit(model, "training") if one["outcome"] != "Unchanged"]
    assert len(runs) == len(set(runs)) > 0
    if model.serves:
        # The approval's rule starts the same release beside the retraining's: both watch the one update.
        items = retraining.audit(model, "release")
        updated = [one["run"] for one in items if retraining.updated_endpoint(one["execution_arn"])]
        assert len(updated) == len(set(updated)) == len({one["run"] for one in items})
