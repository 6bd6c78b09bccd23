from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from lambdas.triggers import store as module
from lambdas.triggers.coalescing import Past, TriggerEvent
from lambdas.triggers.store import History, PendingTrigger, TrainingData, TriggerStore
from tests.lambdas.dynamodb import FakeDynamoDB, canceled

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRED = TriggerEvent(
    event_id="drift-endpoint-1",
    trigger="drift",
    reason="price drifted",
    at=NOW,
    priority=2,
    report="s3://b/report.json",
    labelled_until="2025-12-31T00:00:00",
    drifted_at="2025-12-01T00:00:00",
    window='{"start": "2025-01-01"}',
)


def notes(table: FakeDynamoDB | None = None) -> TriggerStore:
    return TriggerStore(dynamodb=table or FakeDynamoDB(), table="audit", model="flights")


def test_a_trigger_is_noted_once_however_often_its_event_comes() -> None:
    made = notes()
    assert [made.record(replace(FIRED, at=NOW + timedelta(seconds=n)), NOW) for n in range(20)] == [
        True,
        *[False] * 19,
    ]
    assert made.pending() == [PendingTrigger(event=FIRED)]


def test_an_event_is_known_after_its_trigger_was_worked_for() -> None:
    made = notes()
    made.record(FIRED, NOW)
    made.conclude(made.pending(), History(past=Past(ended_at=NOW)))
    assert made.pending() == []
    assert not made.record(FIRED, NOW)
    assert made.pending() == []


def test_what_is_known_of_an_event_expires() -> None:
    table = FakeDynamoDB()
    notes(table).record(FIRED, NOW)
    item = table.items["MODEL#flights", "NOTED#drift-endpoint-1"]
    assert int(item["forget_at"]["N"]) == int((NOW + module.REMEMBERED).timestamp())


def test_a_long_event_id_fits_a_key() -> None:
    made = notes()
    long = replace(FIRED, event_id="x" * 3000)
    assert made.record(long, NOW)
    assert not made.record(long, NOW)
    assert made.pending()[0].event.event_id == "x" * 3000


@pytest.mark.parametrize(("code", "raises"), [("TransactionConflict", False), ("ThrottlingError", True)])
def test_a_race_is_another_delivery_and_anything_else_is_told(code: str, raises: bool) -> None:
    table = FakeDynamoDB()

    def fails(call: str) -> None:
        raise canceled("None", code)

    table.before = fails
    if raises:
        with pytest.raises(ClientError, match="TransactionCanceledException"):
            notes(table).record(FIRED, NOW)
    else:
        assert not notes(table).record(FIRED, NOW)


def test_claiming_says_who_works_and_brings_nothing_back() -> None:
    made = notes()
    other = replace(FIRED, event_id="other", at=NOW + timedelta(hours=1))
    for fired in (FIRED, other):
        made.record(fired, NOW)
    read = made.pending()
    made.conclude(read[1:], History())
    claimed = made.claim(read, "r", "x1")
    assert claimed == [PendingTrigger(event=FIRED, claimed_by="r", owner="x1", worker="x1")] == made.pending()


def test_the_past_is_kept_with_what_there_was_to_train_on() -> None:
    made = notes()
    assert made.history() == History()
    history = History(
        past=Past(ended_at=NOW, losses=3), data=TrainingData(files=7, size=900, rows=30), last_request="r"
    )
    made.conclude([], history)
    assert made.history() == history
    made.conclude([], replace(history, data=TrainingData(files=7, size=900)))
    assert made.history().data.rows is None


def test_more_triggers_than_a_transaction_takes_are_concluded() -> None:
    made = notes()
    for number in range(250):
        made.record(replace(FIRED, event_id=f"e{number}"), NOW)
    made.conclude(made.pending(), History(last_request="r"))
    assert (made.pending(), made.history().last_request) == ([], "r")
