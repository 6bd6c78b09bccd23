"""The loop closes by itself on the embedded AWS: what fires leads to one training, one release, one record.

The tests tell one story and run in order.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.audit import audit_table
from mdlc_cli.aws import models
from mdlc_cli.aws.target import Target
from mdlc_cli.commands import options
from mdlc_cli.executions import machines, watch
from mdlc_cli.executions.history import timeline, waiting_line
from mdlc_cli.versions import judgement, versions
from mdlc_client import audit
from tests.end_to_end.aws import TIME_SCALE, Aws, Execution
from tests.end_to_end.chapters import chapters
from tests.end_to_end.killing import Walked
from tests.end_to_end.retraining import DECIDED, HERE, SERVED, Retraining
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
    seen = timeline(watch.events(retraining.aws.client("stepfunctions"), second))
    assert seen is not None and waiting_line(seen).startswith("version 1 waits for a person: `mdlc approve 1")
    assert [one["model"] for one in retraining.leases()] == ["decided"]
    assert retraining.leases("TOTAL")[0]["used_jobs"] == "0"


def mdlc(
    retraining: Retraining, *arguments: str, model: str = "decided", target: Target | None = None
) -> str:
    """What a command prints on a model to standard output; a failure is its sentence."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(options, "chosen", lambda local: (retraining.folder, target or retraining.aws.target))
        result = CliRunner().invoke(app, [*arguments, "--model", model])
    return result.stdout if result.exit_code == 0 else str(result.exception)


def waiting(retraining: Retraining) -> tuple[str, str]:
    """The execution beside the version that waits, and the version."""
    (beside,) = retraining.executions(DECIDED, "approval", "RUNNING")
    return beside, retraining.audit(DECIDED, "training")[-1]["package_arn"].rpartition("/")[2]


def published(retraining: Retraining, execution: str, state: str) -> dict[str, Any]:
    """The detail of the event that a state published."""
    client = retraining.aws.client("stepfunctions")
    history = client.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    entered = next(
        event["id"] for event in history if event.get("stateEnteredEventDetails", {}).get("name") == state
    )
    scheduled = next(
        event["taskScheduledEventDetails"]
        for event in history
        if event["id"] > entered and "taskScheduledEventDetails" in event
    )
    (entry,) = json.loads(scheduled["parameters"])["Entries"]
    return dict(entry["Detail"])


def test_a_persons_approval_wakes_the_machine(retraining: Retraining) -> None:
    beside, version = waiting(retraining)
    retraining.aws.until_entered(beside, "WaitToExpire")
    reminder = published(retraining, beside, "PublishReminder")
    assert reminder["approve"] == f"mdlc approve {version} --model decided"
    assert f"Version {version} of decided waits for a person: `{reminder['approve']}`" in mdlc(
        retraining, "audit", "--table"
    )
    said = mdlc(retraining, *reminder["approve"].split()[1:3], "--reason", "looks good", "--yes")
    assert f"Version {version} of decided is approved." in said
    assert "goes on: follow it with `mdlc watch" in said
    item = concluded(retraining, DECIDED, "Succeeded", after=0)
    assert item["release_execution"] == ""
    (decision,) = retraining.items(DECIDED, "APPROVAL#")
    assert (decision["decision"], decision["reason"]) == ("Approved", "looks good")
    assert decision["decided_by"].startswith("arn:aws:")
    assert "already: nothing was changed" in mdlc(retraining, "approve", version, "--yes")
    retraining.stop(beside)
    assert retraining.free()


def test_new_files_start_a_retraining_that_a_person_rejects(retraining: Retraining) -> None:
    assert retraining.items(DECIDED, "RETRAINING")[0]["trained_files"] == "1"
    retraining.upload(DECIDED, "more-", seed=8, rows=90, files=3)
    retraining.until(lambda: bool(retraining.executions(DECIDED, "retraining", "RUNNING")), "nothing began")
    (running,) = retraining.executions(DECIDED, "retraining", "RUNNING")
    retraining.aws.until_entered(running, "AwaitApproval")
    beside, version = waiting(retraining)
    assert "is rejected." in mdlc(retraining, "reject", version, "--reason", "not in December", "--yes")
    retraining.stop(beside)
    item = concluded(retraining, DECIDED, "Lost", after=1)
    assert (item["trigger"], item["reasons"]) == ("new-data", "Rejected in the registry: not in December")
    (past,) = retraining.items(DECIDED, "RETRAINING")
    assert (past["losses"], past["trained_files"], past["trained_rows"]) == ("1", "4", "2090")
    assert retraining.free()


@dataclass(frozen=True, kw_only=True)
class Onlooker(Target):
    """The server as a role sees it that may read everything and change no version."""

    keys: Mapping[str, Any]

    def _new_client(self, service: str) -> Any:
        made: Any = boto3.Session(region_name=self.region, **self.keys)
        return made.client(service, endpoint_url=self.endpoint)


def onlooker(aws: Aws) -> Onlooker:
    """The server with the credentials of such a role."""
    iam, everything = aws.client("iam"), ("cloudformation", "dynamodb", "kms", "s3", "states", "sts")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    may = ["sagemaker:Describe*", "sagemaker:List*", *(f"{service}:*" for service in everything)]
    trusting, allowing = (
        json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        for statement in (trust, {"Effect": "Allow", "Action": may, "Resource": "*"})
    )
    role = iam.create_role(RoleName="Onlooker", AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
    iam.put_role_policy(RoleName="Onlooker", PolicyName="may", PolicyDocument=allowing)
    keys = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="ada")["Credentials"]
    return Onlooker(
        endpoint=aws.target.endpoint, region=aws.target.region, account=aws.target.account,
        keys={
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        },
    )  # fmt: skip


def test_a_version_on_which_nobody_decides_expires(retraining: Retraining) -> None:
    sagemaker = retraining.aws.client("sagemaker")
    arn = sagemaker.create_model_package(ModelPackageGroupName="decided")["ModelPackageArn"]
    version = arn.rpartition("/")[2]
    said = mdlc(retraining, "approve", version, "--yes", target=onlooker(retraining.aws))
    assert f"lacks sagemaker:UpdateModelPackage on {arn}" in said and "Onlooker/ada may not decide" in said
    assert retraining.items(DECIDED, f"APPROVAL#{version}") == []
    key = {"pk": {"S": "MODEL#decided"}, "sk": {"S": f"APPROVAL#{version}"}}
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    claim = {**key, "decision": {"S": "Approved"}, "decided_by": {"S": "a person"}, "decided_at": {"S": now}}
    table = retraining.aws.client("dynamodb")
    table.put_item(TableName=retraining.table(DECIDED), Item=claim)
    machine = Walked(retraining.aws, f"arn:aws:states:{HERE}:stateMachine:decided-approval")
    machine.put(waits_shortened(machine.definition))
    about = {"package_arn": arn, "version": version, "run": "r", "data_version": "d", "evaluation": ""}
    execution = retraining.aws.start(DECIDED.team, "approval", about)
    # Somebody was deciding at that moment, and was interrupted.
    retraining.aws.until_entered(execution, "WaitForDecision")
    table.delete_item(TableName=retraining.table(DECIDED), Key=key)
    ended = succeeded(retraining.aws.wait(execution))
    machine.put(machine.definition)
    assert ended.states[-2:] == ("PublishExpiry", "Ended")
    described = sagemaker.describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Rejected"
    assert described["ApprovalDescription"] == "Expired: nobody decided within 2 days."
    (decision,) = retraining.items(DECIDED, f"APPROVAL#{version}")
    assert (decision["decision"], decision["decided_by"]) == ("Expired", execution)
    assert published(retraining, execution, "PublishExpiry")["reason"] == decision["reason"]
    assert "can no longer be approved" in mdlc(retraining, "approve", version, "--yes")
    sagemaker.delete_model_package(ModelPackageName=arn)


def waits_shortened(definition: str) -> dict[str, Any]:
    """A machine whose waits take a fifth of a second, on a clock that is fifty times as fast."""
    machine: dict[str, Any] = json.loads(definition)
    for state in machine["States"].values():
        if state["Type"] == "Wait":
            state["Seconds"] = TIME_SCALE // 5
    return machine


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


def test_the_champion_stands_beside_the_first_version(retraining: Retraining) -> None:
    target = retraining.aws.target
    served = models.choose(target, model="served")
    newest = versions.champion_of(served)
    assert newest is not None
    both = (versions.read(target, served, number) for number in (newest, 1))
    judged = judgement.of("served", *both)
    assert {each.name for each, _ in judged.metrics} >= {"auc"} and judged.confidence == 0.95
    assert all(own.interval for own, _ in judged.metrics)
    changed = {each.name: (each.old, each.new) for each in judged.changed}
    assert changed["num_round"] == ("6", "7") and "split holdout" in changed
    listed = json.loads(mdlc(retraining, "models", "--json", model="served"))
    assert (listed[0]["version"], listed[0]["stage"]) == (newest, "champion")
    assert "is the champion, whose answers are in use" in mdlc(
        retraining, "reject", str(newest), "--reason", "r", "--yes", model="served"
    )


@pytest.mark.parametrize("model", [SERVED, DECIDED], ids=lambda one: one.team.model)
def test_nothing_was_trained_or_released_twice(retraining: Retraining, model: Retrained) -> None:
    runs = [one["run"] for one in retraining.audit(model, "training") if one["outcome"] != "Unchanged"]
    assert len(runs) == len(set(runs)) > 0
    if model.serves:
        # The approval's rule starts the same release beside the retraining's: both watch the one update.
        items = retraining.audit(model, "release")
        updated = [one["run"] for one in items if retraining.updated_endpoint(one["execution_arn"])]
        assert len(updated) == len(set(updated)) == len({one["run"] for one in items})
