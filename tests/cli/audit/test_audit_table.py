from __future__ import annotations

import json

import pytest

from mdlc_cli.audit import audit_table
from mdlc_cli.output import terminal
from mdlc_client import audit
from tests.cli.fakes import FakeClient, FakeTarget
from tests.client.test_audit import STORED, item


def test_the_columns_are_those_that_hold_something() -> None:
    target = FakeTarget(clients={"dynamodb": FakeClient(scan={"Items": STORED})})
    found = audit.items(target, "table")
    columns, rows = audit_table.rows(audit.executions(found))
    assert columns == ("started_at", "outcome", "version")
    assert rows == [("2026-02-01 00:00:00", "Succeeded", "7"), ("2026-01-01 00:00:00", "Refused", "")]


def test_why_an_execution_failed_is_named() -> None:
    failed = item("EXECUTION#2026-03-01T00:00:00Z#release#c", outcome="Failed", error="RolledBack")
    target = FakeTarget(clients={"dynamodb": FakeClient(scan={"Items": [*STORED, failed]})})
    columns, rows = audit_table.rows(audit.executions(audit.items(target, "table")))
    assert columns == ("started_at", "outcome", "error", "version")
    assert [row[2] for row in rows] == ["RolledBack", "", ""]


def test_json_holds_everything_with_numbers_as_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    stored = {**STORED[2], "score": {"N": "0.5"}, "tags": {"SS": ["b", "a"]}}
    target = FakeTarget(clients={"dynamodb": FakeClient(scan={"Items": [stored]})})
    terminal.write_json(audit.items(target, "table"))
    (back,) = json.loads(capsys.readouterr().out)
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
    columns, rows = audit_table.rows(audit.executions(audit.items(target, "table")))
    assert columns == ("trigger", "reason")
    assert rows == [("drift+schedule", "weekly; x drifted")]
