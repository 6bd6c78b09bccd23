from __future__ import annotations

from typing import Any

from mdlc_cli.predictions import decided
from tests.cli.fakes import FakeClient, FakeTarget

RECORD: dict[str, Any] = {
    "request_id": {"S": "q1"},
    "inference_id": {"S": "q1"},
    "api": {"S": "rebook"},
    "model": {"S": "churn"},
    "row": {"S": '{"x": 1}'},
    "features": {"S": '{"x": 1, "tier": null}'},
    "defaults_used": {"S": '["tier"]'},
    "score": {"S": "0.75"},
    "model_version": {"N": "2"},
    "variant": {"S": "main"},
    "rules_version": {"S": "first@abc"},
    "rule": {"S": "bands[1]"},
    "decision": {"S": "rebook"},
    "fallback": {"NULL": True},
    "action": {"S": "done"},
    "at": {"S": "2026-02-04T12:00:00.000000+00:00"},
}


def tables(**items: dict[str, Any]) -> FakeTarget:
    def get(**request: Any) -> dict[str, Any]:
        item = items.get(request["TableName"])
        return {"Item": item} if item and item["request_id"] == request["Key"]["request_id"] else {}

    return FakeTarget(clients={"dynamodb": FakeClient(get_item=get)})


def test_a_decision_is_found_in_whichever_table_has_it() -> None:
    target = tables(b=RECORD)
    found = decided.find(target, ["a", "b"], "q1")
    assert found is not None
    assert (found.kind, found.model, found.version, found.score) == ("decision", "churn", 2, 0.75)
    assert (found.row, found.place, found.at) == ({"x": 1}, "table b", "2026-02-04T12:00:00.000000+00:00")
    assert found.decision == {
        "decision": "rebook", "rule": "bands[1]", "rules_version": "first@abc", "fallback": None,
        "action": "done", "api": "rebook",
    }  # fmt: skip
    assert found.details["defaults_used"] == ["tier"]
    assert decided.find(target, ["a", "b"], "q2") is None


def test_a_fallback_has_no_version() -> None:
    record = {
        **RECORD,
        "model_version": {"NULL": True},
        "score": {"S": "null"},
        "fallback": {"S": "endpoint down"},
    }
    found = decided.find(tables(b=record), ["b"], "q1")
    assert found is not None
    assert (found.version, found.score, found.decision["fallback"]) == (None, None, "endpoint down")


def test_a_decision_about_classes_names_them() -> None:
    record = {**RECORD, "prediction": {"S": "b"}, "probabilities": {"S": '{"a": 0.25, "b": 0.75}'}}
    found = decided.find(tables(b=record), ["b"], "q1")
    assert found is not None
    assert found.details["prediction"] == "b" and found.details["probabilities"] == {"a": 0.25, "b": 0.75}
