"""The delivery's entry point over in-memory services, with the input that the batch machine gives it."""

import io
import json
import threading
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from lambdas.functions.deliver_predictions import handler
from lambdas.functions.deliver_predictions.handler import Undelivered
from mdlc_constructs import LookUpTable, RowEvents
from mdlc_constructs.settings.delivery import Delivery
from mdlc_constructs.workflows.batch_inference.machine import batch_inference_machine
from tests.lambdas.fakes import client_error
from tests.workflows.settings import BATCH

EARLIER, LATER = "2024-06-01T08:00:00.000000Z", "2024-06-02T08:00:00.000000Z"


def event(delivery: Delivery, **changes: Any) -> dict[str, Any]:
    """What the machine hands over, its placeholders and expressions evaluated."""
    task: Any = batch_inference_machine(replace(BATCH, delivery=delivery)).state("DeliverFile").to_asl()
    payload = json.loads(json.dumps(task["Arguments"]["Payload"]))
    payload["delivery"].update({"table": "t"} if isinstance(delivery, LookUpTable) else {})
    return {**payload, "bucket": "b", "key": "deliveries/abc/0.jsonl", "run": "abc", **changes}


def row(number: int, **changes: Any) -> dict[str, Any]:
    base = {"key": f"k{number}", "inference_id": f"i{number}", "row_key": f"k{number}", "entity": None}
    more = {"event_time": EARLIER, "score": 0.5, "predicted_at": EARLIER, "model_package_version": 4}
    return {**base, **more, **changes}


class Bucket:
    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.body = "".join(json.dumps(row) + "\n" for row in rows).encode()

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        assert (Bucket, Key) == ("b", "deliveries/abc/0.jsonl")
        return {"Body": StreamingBody(io.BytesIO(self.body), len(self.body))}


class Table:
    """One table that keeps the condition of the delivery."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.errors: list[ClientError] = []
        self.lock = threading.Lock()

    def put_item(self, *, TableName: str, Item: dict[str, Any], **condition: Any) -> None:
        with self.lock:
            assert TableName == "t"
            if self.errors:
                raise self.errors.pop()
            key = Item[condition["ExpressionAttributeNames"]["#key"]]["S"]
            mine = condition["ExpressionAttributeValues"][":predicted_at"]["S"]
            held = self.items.get(key)
            if held is not None and not held["predicted_at"]["S"] <= mine:
                raise client_error("ConditionalCheckFailedException", "no", "PutItem")
            self.items[key] = Item


class Bus:
    """A bus that refuses the entries of some calls."""

    def __init__(self, *refusals: int) -> None:
        self.refusals = list(refusals)
        self.taken: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        with self.lock:
            assert len(Entries) <= 10
            refused = self.refusals.pop(0) if self.refusals else 0
            self.taken += Entries[refused:]
            said = [{"ErrorCode": "InternalFailure", "ErrorMessage": "busy"}] * refused
            return {
                "FailedEntryCount": refused,
                "Entries": said + [{"EventId": "1"}] * len(Entries[refused:]),
            }


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    made: dict[str, Any] = {"dynamodb": Table(), "events": Bus()}
    monkeypatch.setattr(handler, "client", lambda name: made[name])
    monkeypatch.setattr(handler, "MAX_PAUSE_SECONDS", 0.0)
    return made


def delivered(services: dict[str, Any], rows: list[dict[str, Any]], **changes: Any) -> dict[str, int]:
    services["s3"] = Bucket(rows)
    return handler.handler(event(LookUpTable(), **changes), None)


def test_every_row_becomes_an_item(services: dict[str, Any]) -> None:
    assert delivered(services, [row(n) for n in range(100)]) == {"delivered": 100, "superseded": 0}
    assert set(services["dynamodb"].items) == {f"k{n}" for n in range(100)}


@pytest.mark.parametrize("order", [("first", "second"), ("second", "first"), ("second", "first", "second")])
def test_the_newer_answer_stays_in_whatever_order_they_come(
    services: dict[str, Any], order: tuple[str, ...]
) -> None:
    batches = {
        "first": [row(n, score=0.1) for n in range(4)],
        "second": [row(n, score=0.9, predicted_at=LATER) for n in range(2)],
    }
    for run in order:
        delivered(services, batches[run], run=run)
    found = {key: (item["run"]["S"], item["score"]["N"]) for key, item in services["dynamodb"].items.items()}
    newer, older = ("second", "0.9"), ("first", "0.1")
    assert found == {"k0": newer, "k1": newer, "k2": older, "k3": older}


def test_answers_that_came_too_late_are_counted_apart(services: dict[str, Any]) -> None:
    delivered(services, [row(0, predicted_at=LATER)])
    assert delivered(services, [row(0), row(1)]) == {"delivered": 2, "superseded": 1}


def test_the_same_delivery_again_changes_nothing(services: dict[str, Any]) -> None:
    rows = [row(n) for n in range(5)]
    first = delivered(services, rows)
    before = dict(services["dynamodb"].items)
    assert delivered(services, rows) == first
    assert services["dynamodb"].items == before


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "InternalServerError"])
def test_a_table_that_is_busy_is_tried_again_by_the_machine(services: dict[str, Any], code: str) -> None:
    services["dynamodb"].errors = [client_error(code, "slow down", "PutItem")]
    with pytest.raises(Undelivered, match="slow down"):
        delivered(services, [row(n) for n in range(20)])
    task: Any = batch_inference_machine(replace(BATCH, delivery=LookUpTable())).state("DeliverFile").to_asl()
    assert "Undelivered" in {error for retry in task["Retry"] for error in retry["ErrorEquals"]}


def test_any_other_error_keeps_its_name(services: dict[str, Any]) -> None:
    services["dynamodb"].errors = [client_error("AccessDeniedException", "not yours", "PutItem")]
    with pytest.raises(ClientError, match="not yours"):
        delivered(services, [row(0)])


def sent(services: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, int]:
    services["s3"] = Bucket(rows)
    return handler.handler(event(RowEvents()), None)


def ids(bus: Bus) -> list[str]:
    return sorted(json.loads(entry["Detail"])["inference_id"] for entry in bus.taken)


def test_every_row_becomes_an_event(services: dict[str, Any]) -> None:
    assert sent(services, [row(n) for n in range(25)]) == {"delivered": 25, "superseded": 0}
    assert ids(services["events"]) == sorted(f"i{n}" for n in range(25))


def test_what_the_bus_refused_is_sent_again_and_alone(services: dict[str, Any]) -> None:
    services["events"] = Bus(3, 2)
    assert sent(services, [row(n) for n in range(8)])["delivered"] == 8
    assert ids(services["events"]) == [f"i{n}" for n in range(8)]


def test_what_is_left_after_all_tries_is_an_error(services: dict[str, Any]) -> None:
    services["events"] = Bus(*[2] * handler.MAX_ATTEMPTS)
    with pytest.raises(Undelivered, match=r"all but 2 of 8 events \(InternalFailure: busy\)"):
        sent(services, [row(n) for n in range(8)])


def test_a_few_calls_are_under_way_at_a_time_and_all_are_made() -> None:
    running: set[int] = set()
    most = 0
    lock, together = threading.Lock(), threading.Barrier(handler.MAX_CALLS)

    def work(number: int) -> int:
        nonlocal most
        with lock:
            running.add(number)
            most = max(most, len(running))
        if number < handler.MAX_CALLS:
            together.wait(10)
        with lock:
            running.remove(number)
        return number

    assert sorted(handler.side_by_side(work, range(50))) == list(range(50))
    assert most == handler.MAX_CALLS
