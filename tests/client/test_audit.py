from __future__ import annotations

from typing import Any

from mdlc_client import audit
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


def test_executions_come_newest_first() -> None:
    target = FakeTarget(clients={"dynamodb": FakeClient(scan={"Items": STORED})})
    found = audit.items(target, "table")
    assert [one["outcome"] for one in audit.executions(found)] == ["Succeeded", "Refused"]
    assert audit.champions(found)["churn"]["version"] == 2


def test_what_is_no_json_says_nothing() -> None:
    assert (audit.parsed(None), audit.parsed("{"), audit.parsed("[1]")) == (None, None, [1])
