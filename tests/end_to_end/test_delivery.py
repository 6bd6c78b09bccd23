"""Published predictions on their way to clients: each test goes on where the one before it stopped.

The stack is deleted at the end, so that what other tests count is theirs.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from mdlc_constructs import LookUpTable, RowEvents
from mdlc_constructs.workflows.batch_inference.machine import batch_inference_machine
from tests.end_to_end.aws import Aws, Execution
from tests.end_to_end.chapters import chapters
from tests.end_to_end.grants import Granted, granted
from tests.end_to_end.team import Team, write_orders
from tests.workflows.settings import BATCH

pytestmark = chapters("delivery")

KEPT = timedelta(days=30)
TABLE = Team(model="delivered", rounds=4, delivery=LookUpTable(keep_for=KEPT))
EVENTS = replace(TABLE, delivery=RowEvents(columns=("row_key", "entity")))
ROLE = "FunctionsDeliverPredictionsRole"
JOBS = ("Processing", "Transform")
OLDER, NEWER = {"prefix": "older/"}, {"prefix": "newer/"}


@pytest.fixture(scope="module")
def teams(aws: Aws) -> Iterator[Aws]:
    """The team's stack with a trained model, and two batches that have the keys of 60 rows in common."""
    aws.deploy(TABLE)
    folder = aws.folder / "orders" / TABLE.model
    aws.upload(TABLE, "raw/training/", write_orders(folder / "training", seed=3))
    for prefix, rows in (("older", 120), ("newer", 60)):
        orders = write_orders(folder / prefix, seed=30, rows=rows, files=2)
        aws.upload(TABLE, f"raw/batch/{prefix}/", orders)
    trained = aws.run(TABLE, "training")
    assert trained.status == "SUCCEEDED", (trained.error, trained.cause)
    yield aws
    aws.destroy(EVENTS)


def items(aws: Aws) -> dict[str, dict[str, Any]]:
    """The look-up table's items by key, numbers as numbers."""
    resources = aws.client("cloudformation").describe_stack_resources(StackName=TABLE.stack)
    (table,) = (
        each["PhysicalResourceId"]
        for each in resources["StackResources"]
        if each["LogicalResourceId"].startswith("BatchInferenceLookUp")
    )
    found = aws.client("dynamodb").scan(TableName=table)["Items"]
    read = [{name: float(v["N"]) if "N" in v else v["S"] for name, v in item.items()} for item in found]
    return {str(item["row_key"]): item for item in read}


def predicted(aws: Aws, run: str) -> dict[str, dict[str, Any]]:
    """A published run's prediction records by key."""
    bucket = aws.outputs(TABLE)["BucketName"]
    records = aws.predictions(f"s3://{bucket}/predictions/{run}/manifest.json")
    return {record["row_key"]: record for record in records}


def jobs(aws: Aws) -> set[str]:
    return {name for kind in JOBS for name in aws.jobs(TABLE, kind)}


def ended(execution: Execution, outcome: str) -> Execution:
    assert execution.status == "SUCCEEDED", (execution.error, execution.cause)
    assert execution.output["outcome"] == outcome
    return execution


def test_predictions_that_could_not_be_delivered_are_published_all_the_same(teams: Aws) -> None:
    teams.control("POST", "deny", {"role": teams.role_of(TABLE, ROLE), "action": "dynamodb:PutItem"})
    try:
        failed = teams.run(TABLE, "batch-inference", OLDER)
    finally:
        teams.control("POST", "restore")
    assert failed.status == "FAILED"
    assert "dynamodb:PutItem" in failed.cause
    assert failed.states[-4:] == ("DeliverFile", "RecordUndelivered", "PublishUndelivered", "Failed")
    audit = teams.audit(TABLE)[-1]
    assert (audit["outcome"], audit["rows"]) == ("Undelivered", "120")
    assert "dynamodb:PutItem" in audit["cause"]
    assert len(teams.predictions(audit["manifest"])) == 120
    champion = teams.champion(TABLE)
    assert champion is not None and champion["version"] == "1"
    assert items(teams) == {}


def test_every_row_of_a_batch_can_be_looked_up(teams: Aws) -> None:
    done = ended(teams.run(TABLE, "batch-inference", NEWER), "Succeeded")
    assert (done.output["rows"], done.output["delivered"]) == ("60", "60")
    found, records = items(teams), predicted(teams, done.output["run"])
    assert set(found) == set(records) == {f"o30-{number}" for number in range(60)}
    for key, item in found.items():
        record = records[key]
        assert item["score"] == record["score"]
        assert item["inference_id"] == record["inference_id"]
        assert item["entity"] == record["entity"]
        assert item["model_package_version"] == record["model_package_version"] == 1
        assert item["run"] == done.output["run"]
        assert datetime.fromisoformat(item["event_time"]).replace(tzinfo=None) == record["event_time"]
        at = datetime.fromisoformat(item["predicted_at"])
        assert at.replace(tzinfo=None) == record["predicted_at"]
        assert 0 <= item["expires_at"] - at.timestamp() - KEPT.total_seconds() < 1


def test_the_repeated_start_delivers_without_scoring_and_replaces_nothing_newer(teams: Aws) -> None:
    before, newer = jobs(teams), items(teams)
    done = ended(teams.run(TABLE, "batch-inference", OLDER), "Succeeded")
    assert jobs(teams) == before
    resumed = ("Plan", "Resume", "OutputVerdict", "PublishManifest", "PointChampion", "DeliverPredictions")
    assert done.states == (*resumed, "DeliverFile", "RecordAudit", "PublishEvent")
    assert done.output["delivered"] == "120"
    assert teams.audit(TABLE)[-1]["delivered"] == "120"
    found, records = items(teams), predicted(teams, done.output["run"])
    assert len(found) == 120
    for key, item in found.items():
        if key in newer:
            assert item == newer[key], "a newer answer stays, though an older one came later"
        else:
            assert item["score"] == records[key]["score"]
    assert [key for key in newer if records[key]["score"] != newer[key]["score"]]


def test_what_was_delivered_is_not_delivered_again(teams: Aws) -> None:
    again = ended(teams.run(TABLE, "batch-inference", OLDER), "Unchanged")
    assert again.states == ("Plan", "Resume", "RecordAudit", "PublishEvent")
    assert again.output["delivered"] == "120"


def test_what_the_delivery_to_a_table_may_do_it_does(teams: Aws) -> None:
    assert_used(teams, granted(teams.client, stack=TABLE.stack, model=TABLE.model), "dynamodb:PutItem")


def test_an_event_for_each_row_scores_nothing_anew(teams: Aws) -> None:
    teams.deploy(EVENTS)
    queue = teams.client("sqs").create_queue(QueueName="rows")["QueueUrl"]
    pattern = {"source": ["mdlc"], "detail-type": ["Prediction"], "detail": {"model": [TABLE.model]}}
    teams.client("events").put_rule(Name="rows", EventPattern=json.dumps(pattern))
    target = {"Id": "queue", "Arn": "arn:aws:sqs:us-east-1:000000000000:rows"}
    teams.client("events").put_targets(Rule="rows", Targets=[target])
    scored = set(teams.jobs(TABLE, "Transform"))
    done = ended(teams.run(EVENTS, "batch-inference", NEWER), "Succeeded")
    assert set(teams.jobs(TABLE, "Transform")) == scored
    assert "ScoreInput" not in done.states and "CheckOutput" in done.states
    details: list[dict[str, Any]] = []
    while got := teams.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in got:
            teams.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            details.append(json.loads(message["Body"])["detail"])
    assert done.output["delivered"] == "60" == str(len(details))
    records = predicted(teams, done.output["run"])
    assert {detail["inference_id"]: detail["score"] for detail in details} == {
        record["inference_id"]: record["score"] for record in records.values()
    }
    names = {"model", "run", "inference_id", "score", "predicted_at", "row_key", "entity"}
    assert all(set(detail) == names for detail in details)


def test_what_the_delivery_to_the_bus_may_do_it_does(teams: Aws) -> None:
    assert_used(teams, granted(teams.client, stack=TABLE.stack, model=TABLE.model), "events:PutEvents")


def assert_used(aws: Aws, now: Granted, action: str) -> None:
    """All that is granted for the delivery is used, but for X-Ray, which is not there."""
    uses = list(now.used(aws.control("GET", "usage")))
    mine = {grant for grant in now.grants if grant.role == ROLE or "eliver" in grant.resource}
    assert {"lambda:InvokeFunction", "s3:PutObject", "s3:GetObject", action} <= {one.action for one in mine}
    unused = {grant for grant in mine if not any(grant.allows(use) for use in uses)}
    assert {grant.action for grant in unused} == {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def test_every_state_of_the_delivery_was_entered(teams: Aws) -> None:
    with_, without = (
        {state.name for state in batch_inference_machine(replace(BATCH, delivery=delivery)).walk()}
        for delivery in (TABLE.delivery, None)
    )
    assert len(with_ - without) == 4
    assert with_ - without <= teams.entered["batch-inference"]
