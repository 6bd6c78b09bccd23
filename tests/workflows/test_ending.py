"""The record and the event that every execution leaves."""

import json
from typing import Any

import jsonata
import pytest

from mdlc_constructs.workflows.ending import TO_FAILURE, audit_item, caught_error, failure, recorded, success

SUCCESS = success(
    "flights",
    "training",
    fields={"package_arn": "{% $result.package_arn %}"},
    run_fields={"package_arn": "{% $result.package_arn %}"},
    detail_type="Training Completed",
    detail={"outcome": "{% $result.outcome %}"},
)


def test_one_transaction_writes_the_execution_and_the_run() -> None:
    record: dict[str, Any] = SUCCESS.states[0].to_asl()
    execution, run = (each["Put"]["Item"] for each in record["Arguments"]["TransactItems"])
    assert execution["pk"] == run["pk"] == {"S": "MODEL#flights"}
    assert execution["sk"]["S"].startswith("{% 'EXECUTION#'")
    assert run["sk"] == {"S": "{% 'RUN#' & $plan.run %}"}


def test_an_execution_may_be_recorded_without_a_run_and_without_an_event() -> None:
    state = recorded(
        "flights", "monitoring", fields={"rows": "7"}, output={"outcome": "{% $result.outcome %}"}
    )
    record: dict[str, Any] = state.to_asl()
    assert record["Arguments"]["Item"]["rows"] == {"S": "7"}
    assert record["Arguments"]["Item"]["outcome"] == {"S": "{% $result.outcome %}"}
    assert (record["Output"], record["End"]) == ({"outcome": "{% $result.outcome %}"}, True)
    assert [catch.next for catch in state.catchers()] == ["RecordFailure"]


def test_every_attribute_of_the_contract_is_in_the_item() -> None:
    item = audit_item("flights", "training", "Failed", {"error": "E"})
    expected = "schema_version model workflow outcome execution_arn started_at finished_at trigger reason"
    assert {*expected.split(), "request_id", "run", "data_version", "error"} <= set(item)


def test_a_failure_that_cannot_be_recorded_is_still_announced_and_keeps_its_name() -> None:
    record, announce, failed = failure("flights", "training", detail_type="Training Failed")
    assert [catch.next for catch in record.catchers()] == ["PublishFailure"]
    assert [catch.next for catch in announce.catchers()] == ["Failed"]
    assert failed.to_asl()["Error"] == "{% $failure.Error %}"


@pytest.mark.parametrize("member", ["Error", "Cause"])
def test_an_error_without_a_name_or_a_cause_does_not_break_its_own_record(member: str) -> None:
    assert TO_FAILURE.assign is not None
    kept = TO_FAILURE.assign["failure"]
    assert isinstance(kept, dict)
    assert kept[member].startswith(f"{{% $exists($states.errorOutput.{member}) ?")


def test_long_causes_fit_into_an_event() -> None:
    _, announce, _ = failure("flights", "training", detail_type="Training Failed")
    assert "$substring($failure.Cause, 0, 2000)" in json.dumps(announce.to_asl())


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"Error": "Broken", "Cause": "one\n  two"}, "failed: Broken: one two"),
        ({"Cause": "one"}, "failed: Unknown: one"),
        ({"Error": "Broken"}, "failed: Broken: No cause was"),
    ],
)
def test_why_something_failed_is_one_short_line(error: dict[str, str], told: str) -> None:
    expression = jsonata.Jsonata(caught_error(28, before="failed: ")[2:-2])
    frame = expression.create_frame()
    frame.bind("states", {"errorOutput": error})
    assert expression.evaluate(None, frame) == told
