from __future__ import annotations

import json
from typing import Any

from mdlc_cli import audit
from tests.cli.fakes import FakeClient, FakeTarget


def item(sk: str, **fields: str) -> dict[str, Any]:
    return {name: {"S": value} for name, value in {"pk": "MODEL#churn", "sk": sk, **fields}.items()}


STORED = [
    item("EXECUTION#2026-01-01T00:00:00Z#training#a", outcome="Refused", started_at="2026-01-01T00:00:00Z"),
    item(
        "EXECUTION#2026-02-01T00:00:00Z#training#b",
        outcome="Succeeded",
        started_at="2026-02-01T00:00:00Z",
        package_arn="arn:aws:sagemaker:us-east-1:0:model-package/churn/7",
    ),
    {**item("CHAMPION"), "version": {"N": "2"}},
]


def test_all_models_are_scanned_and_one_is_queried() -> None:
    client = FakeClient(scan=[{"Items": STORED[:1]}, {"Items": STORED[1:]}], query={"Items": STORED})
    target = FakeTarget(clients={"dynamodb": client})
    assert len(audit.items(target, "table")) == 3
    assert len(audit.items(target, "table", model="churn")) == 3
    assert client.calls[1][1]["ExpressionAttributeValues"] == {":model": {"S": "MODEL#churn"}}


def test_executions_come_newest_first_in_columns_that_hold_something() -> None:
    target = FakeTarget(clients={"dynamodb": FakeClient(scan={"Items": STORED})})
    found = audit.items(target, "table")
    columns, rows = audit.rows(audit.executions(found))
    assert columns == ("started_at", "outcome", "version")
    assert rows == [("2026-02-01 00:00:00", "Succeeded", "7"), ("2026-01-01 00:00:00", "Refused", "")]
    assert audit.champions(found)["churn"]["version"] == 2


def test_why_an_execution_failed_is_named() -> None:
    failed = item("EXECUTION#2026-03-01T00:00:00Z#release#c", outcome="Failed", error="RolledBack")
    target = FakeTarget(clients={"dynamodb": FakeClient(scan={"Items": [*STORED, failed]})})
    columns, rows = audit.rows(audit.executions(audit.items(target, "table")))
    assert columns == ("started_at", "outcome", "error", "version")
    assert [row[2] for row in rows] == ["RolledBack", "", ""]


def test_json_holds_everything_with_numbers_as_numbers() -> None:
    stored = {**STORED[2], "score": {"N": "0.5"}, "tags": {"SS": ["b", "a"]}}
    target = FakeTarget(clients={"dynamodb": FakeClient(scan={"Items": [stored]})})
    (back,) = json.loads(audit.as_json(audit.items(target, "table")))
    assert back == {"pk": "MODEL#churn", "sk": "CHAMPION", "version": 2, "score": 0.5, "tags": ["a", "b"]}


def test_a_retraining_shows_what_led_to_it() -> None:
    told = json.dumps(
        [{"trigger": "schedule", "reason": "weekly"}, {"trigger": "drift", "reason": "x drifted"}]
    )
    retrained = item(
        "EXECUTION#2026-03-01T00:00:00Z#retraining#c", trigger="manual", reason="", triggers=told
    )
    others = [item("WINDOW#endpoint#w"), item("TRIGGER#t#e"), item("RETRAINING")]
    target = FakeTarget(clients={"dynamodb": FakeClient(scan={"Items": [retrained, *others]})})
    columns, rows = audit.rows(audit.executions(audit.items(target, "table")))
    assert columns == ("trigger", "reason")
    assert rows == [("drift+schedule", "weekly; x drifted")]


def test_what_is_no_json_says_nothing() -> None:
    assert (audit.parsed(None), audit.parsed("{"), audit.parsed("[1]")) == (None, None, [1])
