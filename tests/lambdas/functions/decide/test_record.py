import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.functions.decide import record
from lambdas.functions.decide.steps import Conclusion, Features, Score
from mdlc_constructs.settings.payloads.codec import decode, encode
from mdlc_constructs.settings.payloads.decision import ActionSettings, DecideSettings, DecisionRecord
from tests.lambdas import decision_api

DECISIONS = decode(DecideSettings, decision_api.SETTINGS)
AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
SETTINGS = replace(
    DECISIONS, action=ActionSettings(decisions=None, waits=True, timeout=1.0, again_after=30.0)
)
ROW = {"plane": "N1", "distance": 7, "weight": 0.1 + 0.2, "wet": None}
DECIDED = Conclusion(decision="rebook", rule="bands[1]", rules_version="1@abc", fallback=None)


def made(**changed: Any) -> DecisionRecord:
    given: dict[str, Any] = {
        "request_id": "r-1",
        "row": ROW,
        "origin": {"api": "flights", "model": "flight-delay"},
        "settings": SETTINGS,
        "features": Features(values={**ROW, "seats": 150}, defaults_used=("seats",)),
        "score": Score(value=0.75, model_version=7, missing=None),
        "variant": "main",
        "conclusion": DECIDED,
        "acts": True,
        "at": AT,
    }
    return record.make(**{**given, **changed})


def test_a_record_says_all_that_an_audit_asks() -> None:
    assert encode(made()) == {
        "request_id": "r-1",
        "inference_id": "r-1",
        "api": "flights",
        "model": "flight-delay",
        "row": ROW,
        "features": {**ROW, "seats": 150},
        "defaults_used": ["seats"],
        "score": 0.75,
        "model_version": 7,
        "variant": "main",
        "rules_version": "1@abc",
        "rule": "bands[1]",
        "decision": "rebook",
        "fallback": None,
        "action": "pending",
        "at": "2026-03-01T12:00:00.123456+00:00",
    }


@pytest.mark.parametrize(
    ("decisions", "acts", "state"),
    [
        (None, True, "pending"),
        (("rebook",), True, "pending"),
        (("wait",), True, "none"),
        (None, False, "none"),
    ],
)
def test_an_action_is_pending_where_one_is_asked_for(
    decisions: tuple[str, ...] | None, acts: bool, state: str
) -> None:
    settings = replace(SETTINGS, action=replace(SETTINGS.action, decisions=decisions))
    assert made(settings=settings, acts=acts).action == state


def test_a_record_expires_where_the_settings_say_so() -> None:
    assert made(settings=replace(SETTINGS, kept=86400.0)).expires_at == int(AT.timestamp()) + 86400


def test_an_item_is_in_dynamodb_notation() -> None:
    item = record.to_item(made())
    assert item["request_id"] == {"S": "r-1"}
    assert item["model_version"] == {"N": "7"}
    assert item["fallback"] == {"NULL": True}
    assert item["score"] == {"S": "0.75"}
    assert item["row"]["S"] == '{"plane": "N1", "distance": 7, "weight": 0.30000000000000004, "wet": null}'


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)


@given(
    st.dictionaries(st.text(), VALUES),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.integers(0) | st.text(),
)
def test_a_record_comes_back_exactly(
    row: dict[str, Any], score: float | None, version: int | str | None
) -> None:
    one = made(row=row, score=Score(value=score, model_version=version, missing=None))
    again = record.from_item(record.to_item(one))
    assert again == one
    assert repr(again.row) == repr(one.row)


def test_the_answer_is_the_contract() -> None:
    assert record.answer(made()) == {
        "request_id": "r-1",
        "decision": "rebook",
        "score": 0.75,
        "model_version": 7,
        "rules_version": "1@abc",
        "fallback": None,
        "inference_id": "r-1",
    }


def test_the_action_is_told_what_to_do_and_its_key() -> None:
    payload = record.action_payload(made())
    assert payload["request_id"] == "r-1" and payload["decision"] == "rebook" and payload["row"] == ROW
    assert "action" not in payload


def test_a_request_id_belongs_to_one_row() -> None:
    assert record.is_of(made(), dict(reversed(ROW.items())))
    assert not record.is_of(made(), {**ROW, "distance": 8})
    assert re.match("request_id='r-1' was used for another row", record.conflict("r-1"))


@pytest.mark.parametrize(
    ("state", "seconds", "again"),
    [
        ("pending", 29.9, False),
        ("pending", 30, True),
        ("done", 99, False),
        ("queued", 99, False),
        ("none", 99, False),
        ("failed", 0, True),
    ],
)
def test_a_pending_action_is_called_again_after_a_while(state: str, seconds: float, again: bool) -> None:
    before = replace(made(), action=state)
    now = AT + timedelta(seconds=seconds)
    assert record.acts_again(before, SETTINGS, now) is again
    assert record.is_under_way(before, SETTINGS, now) is (state == "pending" and not again)


def test_a_row_that_the_machine_wrote_is_known_by_15_digits() -> None:
    exact = {
        "account": 4012888888881881,
        "share": 0.12345678901234568,
        "name": "é",
        "gone": None,
        "yes": True,
    }
    short = {**exact, "account": 4.01288888888188e15, "share": 0.123456789012346}
    by_machine = replace(made(row=short), fallback="rules down")
    assert record.is_of(by_machine, exact)
    for other in ({"share": 0.1234567}, {"yes": False}, {"account": 10**400}, {"name": None}):
        assert not record.is_of(by_machine, {**exact, **other})
    assert not record.is_of(made(row=short), exact)


def test_a_record_of_classes_has_them_and_others_do_not() -> None:
    probabilities = {"a": 0.25, "b": 0.75}
    score = Score(value=0.75, model_version=7, missing=None, prediction="b", probabilities=probabilities)
    recorded = made(score=score)
    item = record.to_item(recorded)
    assert (item["prediction"], item["probabilities"]) == ({"S": "b"}, {"S": '{"a": 0.25, "b": 0.75}'})
    assert record.from_item(item) == recorded
    for content in (record.answer(recorded), record.action_payload(recorded)):
        assert (content["prediction"], content["probabilities"]) == ("b", probabilities)
    assert not {"prediction", "probabilities"} & set(record.answer(made()))
