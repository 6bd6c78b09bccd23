import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.functions.accept_rules import handler as accept
from tests.lambdas.fakes import client_error

BUCKET, KEY = "home", "rules/flights.json"


class Table:
    """The rules table: items by key, and conditions on what stands there."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.before_put: list[Callable[[], None]] = []

    def get_item(self, *, TableName: str, Key: dict[str, Any], ConsistentRead: bool) -> dict[str, Any]:
        assert ConsistentRead and TableName == "rules"
        found = self.items.get(Key["pk"]["S"])
        return {"Item": found} if found else {}

    def put_item(
        self,
        *,
        TableName: str,
        Item: dict[str, Any],
        ConditionExpression: str = "",
        ExpressionAttributeValues: dict[str, Any] | None = None,
    ) -> None:
        if ConditionExpression and self.before_put:
            self.before_put.pop(0)()
        found, values = self.items.get(Item["pk"]["S"]), ExpressionAttributeValues or {}
        holds = {
            "": True,
            "attribute_not_exists(pk)": found is None,
            "s3_version = :version AND sequencer = :sequencer": found is not None
            and found["s3_version"] == values.get(":version")
            and found["sequencer"] == values.get(":sequencer"),
        }
        if not holds[ConditionExpression]:
            raise client_error("ConditionalCheckFailedException", "", "PutItem")
        self.items[Item["pk"]["S"]] = Item


class Uploads:
    """S3 with versions, and the event bus."""

    def __init__(self) -> None:
        self.versions: dict[str, bytes] = {}
        self.announced: list[dict[str, Any]] = []
        self.failing = 0

    def get_object(self, *, Bucket: str, Key: str, VersionId: str = "latest") -> dict[str, Any]:
        assert (Bucket, Key) == (BUCKET, KEY)
        return {"Body": io.BytesIO(self.versions[VersionId])}

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.announced += [] if self.failing else Entries
        return {"FailedEntryCount": self.failing, "Entries": [{"ErrorCode": "InternalFailure"}]}


def uploaded(number: int, **changed: Any) -> dict[str, Any]:
    """The event that S3 sends."""
    upload = {
        "key": KEY,
        "version-id": f"v{number}",
        "sequencer": f"{number:016X}",
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return {
        "detail": {"bucket": {"name": BUCKET}, "object": upload},
        "time": f"2026-03-01T12:00:{number:02}Z",
    }


class Room:
    """The function with everything around it."""

    def __init__(self) -> None:
        self.table, self.uploads = Table(), Uploads()

    def upload(self, number: int, version: str, decision: str = "wait") -> str:
        document = {"schema_version": 1, "version": version, "bands": [{"decision": decision}]}
        return self.upload_text(number, json.dumps(document))

    def upload_text(self, number: int, text: str) -> str:
        self.uploads.versions[f"v{number}"] = text.encode()
        return self.event(number)

    def event(self, number: int, **changed: Any) -> str:
        event = {
            "api": "flights",
            "model": "flight-delay",
            "table": "rules",
            "decisions": ["wait", "rebook"],
            "columns": {"tier": "category"},
            "event": uploaded(number, **changed),
        }
        return str(accept.handler(event, None)["outcome"])

    @property
    def current(self) -> str:
        return str(self.table.items["RULES"]["version"]["S"])

    @property
    def events(self) -> list[str]:
        return [entry["DetailType"] for entry in self.uploads.announced]


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    made = Room()
    found = {"dynamodb": made.table, "s3": made.uploads, "events": made.uploads}
    monkeypatch.setattr(accept, "client", found.__getitem__)
    return made


def test_good_rules_replace_the_former_ones_which_are_kept(room: Room) -> None:
    assert room.upload(1, "one") == "accepted"
    assert room.upload(2, "two") == "accepted"
    assert room.current == "two"
    kept = [item["version"]["S"] for key, item in room.table.items.items() if key.startswith("RULES#")]
    assert kept == ["one", "two"]
    assert room.events == ["Rules Accepted", "Rules Accepted"]
    entry = room.uploads.announced[-1]
    assert (entry["Source"], entry["EventBusName"]) == ("mdlc", "default")
    assert json.loads(entry["Detail"])["rules_version"].startswith("two@")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1, column 2"),
        ('{"schema_version": 1, "version": "x", "bands": [{"decision": "wate"}]}', "did you mean 'wait'?"),
        (
            '{"schema_version": 1, "version": "x", "bands": [{"decision": "wait"}], '
            '"deny": [{"column": "teir", "values": ["a"], "decision": "wait"}]}',
            "did you mean 'tier'?",
        ),
    ],
)
def test_rules_that_do_not_parse_never_replace_good_ones(
    room: Room, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    room.upload(1, "one")
    capsys.readouterr()
    assert room.upload_text(2, text) == "refused"
    assert room.current == "one" and len(room.table.items) == 2
    assert room.events == ["Rules Accepted", "Rules Refused"]
    detail = json.loads(room.uploads.announced[-1]["Detail"])
    assert message in detail["message"] and detail["s3_version"] == "v2"
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [line["RulesRefused"] for line in counted] == [1] and counted[0]["Api"] == "flights"


def test_an_older_upload_that_comes_late_changes_nothing(room: Room) -> None:
    room.upload(2, "two")
    assert room.upload(1, "one") == "older"
    assert room.upload_text(1, "{") == "older"
    assert room.current == "two" and room.events == ["Rules Accepted"]


def test_an_older_good_upload_counts_when_the_newer_one_was_refused(room: Room) -> None:
    assert room.upload_text(2, "{") == "refused"
    assert room.upload(1, "one") == "accepted"


def test_an_event_that_comes_twice_counts_once(room: Room) -> None:
    room.upload(1, "one")
    before = dict(room.table.items)
    del room.table.items[next(key for key in before if key.startswith("RULES#"))]
    assert room.event(1) == "same"
    assert set(room.table.items) == set(before) and room.events == ["Rules Accepted"]


@pytest.mark.parametrize(("other", "outcome", "current"), [(2, "accepted", "three"), (4, "older", "four")])
def test_uploads_that_meet_leave_the_newest(room: Room, other: int, outcome: str, current: str) -> None:
    room.upload(1, "one")
    room.table.before_put.append(lambda: _ignored(room.upload(other, {2: "two", 4: "four"}[other])))
    assert room.upload(3, "three") == outcome
    assert room.current == current


def _ignored(_: str) -> None:
    return None


def test_a_bucket_without_versions_is_read_as_it_is(room: Room) -> None:
    document = {"schema_version": 1, "version": "one", "bands": [{"decision": "wait"}]}
    room.uploads.versions["latest"] = json.dumps(document).encode()
    assert room.event(1, version_id=None) == "accepted"


def test_an_event_that_the_bus_does_not_take_is_an_error(room: Room) -> None:
    room.uploads.failing = 1
    with pytest.raises(RuntimeError, match="did not take the event Rules Accepted"):
        room.upload(1, "one")


def test_other_errors_of_the_table_are_errors(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_: Any) -> None:
        raise client_error("AccessDeniedException", "no", "PutItem")

    monkeypatch.setattr(room.table, "put_item", denied)
    with pytest.raises(Exception, match="AccessDenied"):
        room.upload(1, "one")


def hostile(**changed: Any) -> dict[str, Any]:
    return {"schema_version": 1, "version": "evil", "bands": [{"decision": "wait"}], **changed}


def with_number(digits: str) -> bytes:
    text = json.dumps(hostile(bands=[{"below": 0, "decision": "wait"}, {"from": 0, "decision": "wait"}]))
    return text.replace('"below": 0', f'"below": {digits}').encode()


UNUSABLE = {
    "surrogate in the version": json.dumps(hostile(version="a\ud800")).encode(),
    "surrogate in a name": json.dumps(
        hostile(overrides=[{"name": "x\udfff", "score": {"above": 0.5}, "decision": "wait"}])
    ).encode(),
    "surrogate in a value": json.dumps(
        hostile(deny=[{"column": "tier", "values": ["\ud800"], "decision": "wait"}])
    ).encode(),
    "surrogate in a key": json.dumps(hostile(**{"\ud800": 1})).encode(),
    "surrogate in a decision": json.dumps(hostile(bands=[{"decision": "\ud800"}])).encode(),
    "4,300 digits": with_number("9" * 4300),
    "4,301 digits": with_number("9" * 4301),
    "100,000 digits": with_number("9" * 100_000),
    "digits in the version": b'{"schema_version": 1, "version": ' + b"9" * 5000 + b', "bands": []}',
    "above any float": with_number("1e400"),
    "NaN": with_number("NaN"),
    "Infinity": with_number("Infinity"),
    "nested": json.dumps(hostile(overrides=[])).replace("[]", "[" * 50_000 + "]" * 50_000).encode(),
    "nested below the reader's limit": json.dumps(hostile(overrides=[]))
    .replace("[]", "[" * 500 + "]" * 500)
    .encode(),
    "a key twice": b'{"schema_version": 1, "version": "a", "version": "b", "bands": [{"decision": "wait"}]}',
    "no UTF-8": b"\xff\xfe",
    "a surrogate in UTF-8": json.dumps(hostile()).encode().replace(b"evil", b"\xed\xa0\x80"),
    "NUL in the version": json.dumps(hostile(version="a\0b")).encode(),
    "an escape sequence in a name": json.dumps(
        hostile(overrides=[{"name": "\x1b[2J", "score": {"above": 0.5}, "decision": "wait"}])
    ).encode(),
    "a version that is no text": json.dumps(hostile(version=7)).encode(),
    "a version that is a list": json.dumps(hostile(version=["a"] * 20_000)).encode(),
    "a very large file": json.dumps(hostile(version="v" * 2_000_000)).encode(),
    "very long faults": json.dumps(
        hostile(overrides=[{"name": "n" * 9000, "when": 1, "decision": "d" * 9000}] * 15)
    ).encode(),
    "very long keys": json.dumps(hostile(**{"k" * 200_000: 1})).encode(),
    "nothing": b"",
    "a text": b'"rules"',
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_whatever_is_uploaded_good_rules_stay_and_a_refusal_is_announced(room: Room, what: str) -> None:
    assert room.upload(1, "good") == "accepted"
    room.uploads.versions["v2"] = UNUSABLE[what]
    assert room.event(2) == "refused"
    assert room.current == "good"
    assert room.events == ["Rules Accepted", "Rules Refused"]
    entry = room.uploads.announced[-1]
    # EventBridge takes an entry of 256 KB in UTF-8, and people are to read it.
    assert len(entry["Detail"].encode()) < 60_000
    detail = json.loads(entry["Detail"])
    assert set(detail) == {"model", "api", "source", "s3_version", "message", "problems"}
    assert detail["message"].encode() and detail["problems"]
    assert room.event(3, version_id="v1", sequencer=f"{3:016X}") in ("accepted", "same"), "it goes on"


def test_a_byte_order_mark_is_no_fault(room: Room) -> None:
    room.uploads.versions["v1"] = b"\xef\xbb\xbf" + json.dumps(hostile(version="marked")).encode()
    assert room.event(1) == "accepted"
    assert room.current == "marked"
