"""The batch inference machine that delivers what it published: no CDK, no Node."""

import json
from dataclasses import replace
from typing import Any

import pytest

from mdlc_constructs import LookUpTable, RowEvents
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.settings.delivery import Delivery
from mdlc_constructs.workflows.batch_inference.delivery_states import delivery_statements
from mdlc_constructs.workflows.batch_inference.machine import batch_inference_machine
from tests.workflows.settings import BATCH

BOTH: tuple[Delivery, ...] = (LookUpTable(), RowEvents())


def delivered(delivery: Delivery, **changes: Any) -> Machine:
    return batch_inference_machine(replace(BATCH, delivery=delivery, **changes))


@pytest.mark.parametrize("delivery", BOTH)
@pytest.mark.parametrize("moves_champion", [True, False])
def test_the_machine_passes_every_check(delivery: Delivery, moves_champion: bool) -> None:
    machine = delivered(delivery, moves_champion=moves_champion)
    check(replace(machine, bindings=dict.fromkeys(machine.placeholders(), "bound")))


def test_delivery_comes_after_publication_and_champion_and_before_the_record() -> None:
    machine = delivered(LookUpTable())
    path = ["PublishManifest"]
    while (following := machine.state(path[-1]).next) is not None:
        path.append(following)
    assert path == ["PublishManifest", "PointChampion", "DeliverPredictions", "RecordAudit", "PublishEvent"]
    refused, _ = machine.state("PointChampion").catchers()
    assert refused.next == "DeliverPredictions"


def test_without_a_delivery_nothing_of_it_is_there() -> None:
    text = batch_inference_machine(BATCH).definition()
    assert "eliver" not in text
    assert "delivery" not in BATCH.to_plan()


@pytest.mark.parametrize("delivery", BOTH)
def test_a_failed_delivery_says_that_the_batch_is_published(delivery: Delivery) -> None:
    machine = delivered(delivery)
    (caught,) = machine.state("DeliverPredictions").catchers()
    assert (caught.errors, caught.next) == (("States.ALL",), "RecordUndelivered")
    record: Any = machine.state("RecordUndelivered").to_asl()
    item = record["Arguments"]["Item"]
    assert item["outcome"] == {"S": "Undelivered"}
    assert {"manifest", "rows", "package_arn", "error", "cause"} <= set(item)
    assert "delivered" not in item
    assert (record["Next"], machine.state("PublishUndelivered").next) == ("PublishUndelivered", "Failed")
    assert [catch.next for catch in machine.state("RecordUndelivered").catchers()] == ["PublishUndelivered"]
    assert [catch.next for catch in machine.state("PublishUndelivered").catchers()] == ["Failed"]
    event = json.dumps(machine.state("PublishUndelivered").to_asl())
    assert "Predictions Undelivered" in event and "$plan.uris.manifest" in event


def test_the_run_keeps_how_many_were_delivered_for_a_repeated_start() -> None:
    machine = delivered(RowEvents())
    record: Any = machine.state("RecordAudit").to_asl()
    items = [each["Put"]["Item"] for each in record["Arguments"]["TransactItems"]]
    assert [item["delivered"] for item in items] == [{"S": "{% $delivery.delivered %}"}] * 2
    resume: Any = machine.state("Resume").to_asl()
    (done,) = [rule for rule in resume["Choices"] if rule["Next"] == "RecordAudit"]
    assert done["Assign"]["delivery"] == {"delivered": "{% $plan.recorded.delivered %}"}


def test_files_are_delivered_side_by_side_within_the_bound() -> None:
    through: Any = delivered(RowEvents(parallel=3)).state("DeliverPredictions").to_asl()
    assert through["MaxConcurrency"] == 3
    # An array whatever the number of files: a range of one would else be a single number.
    assert through["Items"].startswith("{% [0..")


def test_rows_are_not_handed_through_the_state_machine() -> None:
    file: Any = delivered(LookUpTable(key="flight_id")).state("DeliverFile").to_asl()
    payload = file["Arguments"]["Payload"]
    assert set(payload) == {"bucket", "key", "model", "run", "delivery"}
    assert payload["delivery"]["table"] == "${LookUpTable}"


def test_what_passes_is_tried_again_and_a_refused_permission_is_not() -> None:
    file: Any = delivered(LookUpTable()).state("DeliverFile").to_asl()
    errors = {error for retry in file["Retry"] for error in retry["ErrorEquals"]}
    assert "Undelivered" in errors and "Lambda.TooManyRequestsException" in errors
    assert not errors & {"States.ALL", "States.TaskFailed", "AccessDeniedException"}


def test_the_check_job_writes_the_rows_where_the_plan_says() -> None:
    task: Any = delivered(LookUpTable()).state("CheckOutput").to_asl()
    outputs = task["Arguments"]["ProcessingOutputConfig"]["Outputs"]
    assert [each["OutputName"] for each in outputs] == ["parts", "staged", "delivery"]


def test_the_plan_changes_with_the_settings_and_the_table() -> None:
    plan: Any = replace(BATCH, delivery=LookUpTable(key="flight_id")).to_plan()
    assert (plan["delivery"]["key"], plan["delivery"]["table"]) == ("flight_id", "${LookUpTable}")
    events: Any = replace(BATCH, delivery=RowEvents()).to_plan()
    assert events["delivery"]["table"] == ""


def test_a_key_that_the_dataset_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="key='distance'"):
        replace(BATCH, delivery=LookUpTable(key="distance"))


@pytest.mark.parametrize(
    ("delivery", "key", "action"),
    [
        (LookUpTable(), True, "dynamodb:PutItem"),
        (LookUpTable(), False, "dynamodb:PutItem"),
        (RowEvents(), False, "events:PutEvents"),
    ],
)
def test_the_function_reads_rows_and_writes_where_they_go(delivery: Delivery, key: bool, action: str) -> None:
    statements = delivery_statements(delivery, key=key)
    assert {each for one in statements for each in one.actions} == {"s3:GetObject", "kms:Decrypt", action}
    keys = {each for one in statements if "kms:Decrypt" in one.actions for each in one.resources}
    assert ("${LookUpKeyArn}" in keys) is key
    reads = [one.resources for one in statements if "s3:GetObject" in one.actions]
    assert reads == [("arn:${Partition}:s3:::${Bucket}/deliveries/*",)]
