"""Rules that come with a deployment: in use where there are none of the team's own."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from lambdas.aws import custom_resource
from lambdas.functions.accept_rules import deployed, handler
from tests.lambdas.fakes import client_error

DECISIONS, COLUMNS = ["wait", "rebook"], {"tier": "category"}


def document(version: str, decision: str = "wait") -> bytes:
    return json.dumps({"schema_version": 1, "version": version, "bands": [{"decision": decision}]}).encode()


class Around:
    """The table, S3 and the event bus around the function; a condition is held as DynamoDB would."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.objects: dict[tuple[str, str], bytes] = {}

    def get_object(self, *, Bucket: str, Key: str, **version: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[Bucket, Key])}

    def get_item(self, *, TableName: str, Key: Mapping[str, Any], ConsistentRead: bool) -> dict[str, Any]:
        assert TableName == "rules" and ConsistentRead
        found = self.items.get(Key["pk"]["S"])
        return {"Item": found} if found else {}

    def put_item(
        self, *, TableName: str, Item: dict[str, Any], ConditionExpression: str = "", **names: Any
    ) -> None:
        found = self.items.get(Item["pk"]["S"])
        if ConditionExpression.startswith("attribute_not_exists(pk) OR"):
            assert names == {"ExpressionAttributeNames": {"#deployed": "deployed"}}
            if found is not None and "deployed" not in found:
                raise client_error("ConditionalCheckFailedException", "", "PutItem")
        self.items[Item["pk"]["S"]] = Item

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        return {"FailedEntryCount": 0}


@pytest.fixture
def around(monkeypatch: pytest.MonkeyPatch) -> Around:
    made = Around()
    for module in (deployed, handler):
        monkeypatch.setattr(module, "client", lambda service: made)
    return made


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What CloudFormation is told: status and reason."""
    answers: list[tuple[str, str]] = []
    monkeypatch.setattr(
        custom_resource, "answer", lambda event, status, reason, kind: answers.append((status, reason))
    )
    return answers


def deploy(around: Around, content: bytes, kind: str = "Create", **changed: object) -> None:
    around.objects["assets", "first.json"] = content
    properties = {
        "Bucket": "assets",
        "Key": "first.json",
        "Table": "rules",
        "Decisions": DECISIONS,
        "Columns": COLUMNS,
        **changed,
    }
    assert deployed.handler({"RequestType": kind, "ResourceProperties": properties}, None) is None


def upload(around: Around, content: bytes, **changed: Any) -> str:
    around.objects["home", "rules/flights.json"] = content
    stored = {"key": "rules/flights.json", "version-id": "v1", "sequencer": "0A", **changed}
    event = {
        "time": "2026-03-01T12:00:00Z",
        "detail": {"bucket": {"name": "home"}, "object": {k: v for k, v in stored.items() if v}},
    }
    outcome = deployed.handler(
        {
            "api": "flights",
            "model": "flight-delay",
            "table": "rules",
            "decisions": DECISIONS,
            "columns": COLUMNS,
            "event": event,
        },
        None,
    )
    assert outcome is not None
    return str(outcome["outcome"])


def version(around: Around) -> str:
    return str(around.items["RULES"]["version"]["S"])


def test_a_first_deployment_brings_rules(around: Around, told: list[tuple[str, str]]) -> None:
    deploy(around, document("first"))
    assert version(around) == "first"
    assert told[0][0] == "SUCCESS" and "first@" in told[0][1]
    digest = around.items["RULES"]["digest"]["S"]
    assert f"RULES#{digest}" in around.items


def test_rules_of_a_deployment_are_replaced_by_the_next(around: Around, told: list[tuple[str, str]]) -> None:
    deploy(around, document("first"))
    deploy(around, document("second"), "Update")
    assert version(around) == "second"


@pytest.mark.parametrize("marks", [{}, {"version-id": "", "sequencer": ""}])
def test_uploaded_rules_replace_those_of_a_deployment_and_stay(
    around: Around, told: list[tuple[str, str]], marks: dict[str, str]
) -> None:
    deploy(around, document("first"))
    assert upload(around, document("theirs"), **marks) == "accepted"
    deploy(around, document("second"), "Update")
    assert version(around) == "theirs"
    assert told[-1][0] == "SUCCESS" and told[-1][1].startswith("the team's own rules theirs@")


def test_a_deployment_that_takes_away_what_the_rules_in_use_name_fails(
    around: Around, told: list[tuple[str, str]]
) -> None:
    deploy(around, document("first"))
    upload(around, document("theirs", "rebook"))
    deploy(around, document("second"), "Update", Decisions=["wait"])
    status, reason = told[-1]
    assert status == "FAILED" and "could not be used any more" in reason and "'rebook'" in reason
    assert version(around) == "theirs"


def test_rules_that_cannot_be_used_fail_the_deployment(around: Around, told: list[tuple[str, str]]) -> None:
    deploy(around, b"{")
    assert told[0][0] == "FAILED" and "this is no JSON" in told[0][1]
    assert not around.items


def test_deleting_leaves_the_table_alone(around: Around, told: list[tuple[str, str]]) -> None:
    deploy(around, document("first"), "Delete")
    assert told == [("SUCCESS", "nothing to do")] and not around.items
