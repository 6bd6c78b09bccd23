from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.decisions import rules
from mdlc_cli.decisions.rules import Api
from mdlc_cli.errors import CommandError
from mdlc_constructs.workflows.decision.rules import upload_template
from tests.cli.fakes import FakeClient, FakeTarget
from tests.workflows.decision.settings import PLAIN

API = Api(
    name="flights-decisions",
    model="flights",
    table="kept",
    bucket="b",
    key="rules/flights-decisions.json",
    decisions=["rebook", "wait"],
    columns={"distance": "number"},
)
DOCUMENT = {
    "schema_version": 1,
    "version": "first",
    "bands": [{"below": 0.5, "decision": "wait"}, {"from": 0.5, "decision": "rebook"}],
}


def deployed(**documents: Any) -> FakeTarget:
    """A stack with one decision API, whose table holds the documents one after the other."""
    template = upload_template(API.name, "flights", API.table, PLAIN)
    pattern = {"detail": {"bucket": {"name": [API.bucket]}, "object": {"key": [API.key]}}}
    kept = list(documents.values())

    def get_item(**_: object) -> dict[str, Any]:
        document = kept.pop(0) if len(kept) > 1 else kept[0] if kept else None
        if document is None:
            return {}
        told = {
            "document": json.dumps(document),
            "rules_version": document["version"],
            "source": "s3",
            "at": "t",
        }
        return {"Item": {name: {"S": value} for name, value in told.items()} | {"deployed": {"BOOL": True}}}

    clients = {
        "cloudformation": FakeClient(
            describe_stacks={"Stacks": [{"StackName": "Flights", "StackStatus": "CREATE_COMPLETE"}]},
            list_stack_resources={
                "StackResourceSummaries": [
                    {
                        "ResourceType": "AWS::Events::Rule",
                        "LogicalResourceId": f"Api{id_}12AB",
                        "PhysicalResourceId": id_,
                    }
                    for id_ in ("RulesUploaded", "Woken")
                ]
            },
        ),
        "events": FakeClient(
            describe_rule={"EventPattern": json.dumps(pattern)},
            list_targets_by_rule={"Targets": [{"InputTransformer": {"InputTemplate": template}}]},
        ),
        "s3": FakeClient(put_object={}),
        "dynamodb": FakeClient(get_item=get_item),
    }
    return FakeTarget(clients=clients)


def file(tmp_path: Path, document: object = DOCUMENT) -> Path:
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(document), encoding="utf-8-sig")
    return path


def test_apis_are_found_by_the_event_rules_of_their_stacks() -> None:
    target = deployed()
    assert rules.apis(target) == [API]
    asked = [request for name, request in target.clients["events"].calls if name == "describe_rule"]
    assert asked == [{"Name": "RulesUploaded"}]
    assert API.uri == "s3://b/rules/flights-decisions.json"


def test_the_only_api_need_not_be_named() -> None:
    other = replace(API, name="other")
    assert rules.choose([API], None) == rules.choose([API, other], API.name) == API
    with pytest.raises(CommandError, match="several decision APIs: choose one of flights-decisions, other"):
        rules.choose([API, other], None)
    with pytest.raises(CommandError, match="no decision API is called 'x': choose one of flights-decisions"):
        rules.choose([API], "x")
    with pytest.raises(CommandError, match="no decision API is deployed"):
        rules.choose([], None)


def test_rules_that_can_be_used_are_not_refused(tmp_path: Path) -> None:
    rules.check(file(tmp_path), API.decisions, API.columns)


def test_everything_that_is_wrong_is_told(tmp_path: Path) -> None:
    wrong = {**DOCUMENT, "version": "", "bands": [{"decision": "cancel"}]}
    with pytest.raises(
        CommandError, match=r"^rules.json cannot be used \(and 1 more\): version=''"
    ) as refused:
        rules.check(file(tmp_path, wrong), API.decisions, API.columns)
    assert "bands[0].decision='cancel'" in refused.value.detail
    unknown = {**DOCUMENT, "deny": [{"column": "distanc", "values": [1], "decision": "wait"}]}
    with pytest.raises(CommandError, match="did you mean 'distance'"):
        rules.check(file(tmp_path, unknown), API.decisions, API.columns)
    rules.check(file(tmp_path, unknown), API.decisions, None)
    with pytest.raises(CommandError, match=r"nowhere\.json: cannot be read"):
        rules.check(tmp_path / "nowhere.json", API.decisions, None)


def test_rules_are_uploaded_and_awaited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    target = deployed(none=None, before={**DOCUMENT, "version": "before"}, now=DOCUMENT)
    path = file(tmp_path)
    rules.upload(target, API, path)
    ((_, put),) = target.clients["s3"].calls
    assert (put["Bucket"], put["Key"], put["Body"]) == (API.bucket, API.key, path.read_bytes())
    assert rules.accepted(target, API, path)["rules_version"] == "first"
    assert len(target.clients["dynamodb"].calls) == 3


def test_rules_that_do_not_come_into_use_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "ACCEPTED_SECONDS", 0.0)
    target = deployed(before={**DOCUMENT, "version": "before"})
    with pytest.raises(CommandError, match="has not taken the rules up within 0 s, in use are before"):
        rules.accepted(target, API, file(tmp_path))
    assert rules.in_use(deployed(), API) is None
