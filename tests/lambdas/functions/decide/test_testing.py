"""The warm function while versions are tested on its endpoint."""

import json

import pytest

from lambdas.functions.decide import record
from mdlc_constructs.settings.experiment import ABTest
from tests.lambdas.deciding import ask, recorded
from tests.lambdas.http_services import Services, refusal, scored

TARGET = "x-amzn-sagemaker-target-variant"
TEST = ABTest(weights={"main": 50, "blue": 50})
BLUE = next(plane for plane in (f"N{n}" for n in range(99)) if TEST.variant_of(plane) == "blue")


@pytest.fixture
def tested(api: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setenv("MDLC_AUDIT_TABLE", "audit")
    api.table("audit", "sk")['{"S": "EXPERIMENT#live"}'] = {
        "pk": {"S": "MODEL#flight-delay"},
        "kind": {"S": "ab"},
        "status": {"S": "running"},
        "entity": {"S": "plane"},
        "weights": {"S": json.dumps(list(TEST.weights.items()))},
    }
    api.score = lambda row: scored(0.75, variant="blue")
    return api


def targets(api: Services) -> list[str | None]:
    return [headers.get(TARGET) for name, _, headers in api.asked if name == "InvokeEndpoint"]


def test_an_entity_is_sent_to_its_variant_and_the_record_says_so(tested: Services) -> None:
    assert ask(row={"plane": BLUE})[0] == 200
    assert targets(tested) == ["blue"]
    assert recorded(tested)["variant"] == "blue"
    assert record.KEY in recorded(tested)


@pytest.mark.parametrize("name", ["ValidationError", "ValidationException"])
def test_when_the_test_has_just_ended_whichever_variant_there_is_answers(tested: Services, name: str) -> None:
    missing = [lambda: refusal(name, "Variant blue not found for DecisionRequest")]
    tested.faults["InvokeEndpoint"] = list(missing)
    tested.score = lambda row: scored(0.75)
    assert ask(row={"plane": BLUE})[1]["fallback"] is None
    assert targets(tested) == ["blue", None]
    assert recorded(tested)["variant"] == "main"


def test_the_call_without_a_variant_has_all_its_tries(tested: Services) -> None:
    def missing() -> tuple[int, dict[str, str], bytes]:
        return refusal("ValidationError", "Variant blue not found for DecisionRequest")

    def down() -> tuple[int, dict[str, str], bytes]:
        return 503, {}, b""

    tested.faults["InvokeEndpoint"] = [missing, down]
    assert ask(row={"plane": BLUE})[1]["fallback"] is None
    assert targets(tested) == ["blue", None, None]


def test_where_nothing_is_tested_nothing_is_looked_for(api: Services) -> None:
    assert ask()[0] == 200
    assert targets(api) == [None]
    tables = [body["TableName"] for name, body, _ in api.asked if name == "GetItem"]
    assert "audit" not in tables
