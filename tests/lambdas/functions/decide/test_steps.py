import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.functions.decide import steps
from lambdas.functions.decide.steps import Features, Score
from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.decision import DecideSettings, LookupSettings
from mdlc_constructs.settings.rules_document import parse
from tests.lambdas import decision_api

LOOKUP = LookupSettings(
    key="plane",
    table_key="tail",
    key_type="S",
    defaults={"seats": 150, "wet": None, "kind": "jet", "weight": 1.5},
    types={"seats": "integer", "wet": "boolean", "kind": "category", "weight": "number"},
    timeout=0.05,
)
SETTINGS = decode(DecideSettings, decision_api.SETTINGS)
RULES = parse(
    {
        "schema_version": 1,
        "version": "1",
        "bands": [{"below": 0.5, "decision": "wait"}, {"from": 0.5, "decision": "rebook"}],
        "deny": [{"column": "plane", "values": ["N9"], "decision": "rebook"}],
    },
    decisions=("wait", "rebook"),
)


def test_without_a_lookup_the_row_is_as_the_caller_sent_it() -> None:
    row = {"a": 1, "b": None}
    assert steps.collect(row, None, None) == Features(values=row, defaults_used=())


def test_looked_up_columns_join_the_row() -> None:
    item: dict[str, dict[str, object]] = {
        "seats": {"N": "180"},
        "wet": {"BOOL": False},
        "kind": {"S": "prop"},
        "weight": {"N": "2.25"},
    }
    found = steps.collect({"plane": "N1"}, LOOKUP, {**item, "other": {"S": "x"}})
    assert found.values == {"plane": "N1", "seats": 180, "wet": False, "kind": "prop", "weight": 2.25}
    assert isinstance(found.values["seats"], int)
    assert found.defaults_used == ()


def test_what_the_caller_sent_wins_unless_it_is_missing() -> None:
    item = {"seats": {"N": "180"}, "kind": {"S": "prop"}}
    found = steps.collect({"seats": 9, "kind": None, "weight": math.nan}, LOOKUP, item)
    assert found.values == {"seats": 9, "kind": "prop", "wet": None, "weight": 1.5}
    assert found.defaults_used == ("wet", "weight")


@pytest.mark.parametrize(
    "item",
    [
        None,
        {},
        {"seats": {"NULL": True}, "wet": {"NULL": True}},
        {"seats": {"S": "180"}, "wet": {"N": "1"}, "kind": {"N": "1"}, "weight": {"BOOL": True}},
        {"seats": {"N": "1.5"}, "kind": {"L": []}, "weight": {"N": "1E+125000"}},
    ],
)
def test_a_default_stands_for_what_is_missing_or_of_another_type(item: dict[str, Any] | None) -> None:
    found = steps.collect({"plane": "N1"}, LOOKUP, item)
    assert found.values == {"plane": "N1", **LOOKUP.defaults}
    assert found.defaults_used == ("seats", "wet", "kind", "weight")


@pytest.mark.parametrize(
    ("row", "key_type", "key"),
    [
        ({"plane": "N1"}, "S", {"tail": {"S": "N1"}}),
        ({"plane": 12}, "N", {"tail": {"N": "12"}}),
        ({"plane": 1.5}, "N", {"tail": {"N": "1.5"}}),
        ({"plane": None}, "S", None),
        ({"plane": ""}, "S", None),
        ({}, "S", None),
    ],
)
def test_the_key_is_in_dynamodb_notation(
    row: dict[str, Any], key_type: str, key: dict[str, Any] | None
) -> None:
    assert steps.lookup_key(row, replace(LOOKUP, key_type=key_type)) == key


@given(st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.none()))
def test_the_request_is_one_line_and_loses_no_digit(values: dict[str, Any]) -> None:
    line = steps.request_line(Features(values=values, defaults_used=()))
    assert "\n" not in line and line.isascii()
    assert json.loads(line) == values


@pytest.mark.parametrize(
    ("body", "score"),
    [
        ('{"score": 0.42, "version": 7}\n', Score(value=0.42, model_version=7, missing=None)),
        ('{"score": 1, "version": "7"}', Score(value=1.0, model_version="7", missing=None)),
        ("0.25\n", Score(value=0.25, model_version=None, missing=None)),
        *(
            (body, Score(value=None, model_version=None, missing=steps.ANSWER_UNREADABLE))
            for body in (
                "",
                "<html>",
                "[" * 100_000,
                "null",
                '"0.5"',
                "true",
                "{}",
                "[0.5]",
                "NaN",
                "1e999",
                "1" * 400,
                '{"score": 0.1}\n{"score": 0.2}',
            )
        ),
        (
            '{"score": [0.1, 0.9], "version": 7}',
            Score(value=None, model_version=7, missing=steps.ANSWER_UNREADABLE),
        ),
        ('{"score": 0.1, "version": true}', Score(value=0.1, model_version=None, missing=None)),
    ],
)
def test_a_score_is_read_or_the_answer_is_unreadable(body: str, score: Score) -> None:
    assert steps.read_answer(body) == score


CLIENT = 'Received client error (400) from primary with message "line 1". See ...'
SERVER = 'Received server error (500) from primary with message "client error (400)". See ...'


@pytest.mark.parametrize(
    ("error", "message", "reason", "again"),
    [
        ("Timeout", "", steps.ENDPOINT_TIMEOUT, False),
        ("States.Timeout", "", steps.ENDPOINT_TIMEOUT, False),
        ("ModelError", CLIENT, steps.ROW_REFUSED, False),
        ("SageMakerRuntime.ModelErrorException", CLIENT, steps.ROW_REFUSED, False),
        ("ModelError", SERVER, steps.ENDPOINT_DOWN, True),
        ("ThrottlingException", "", steps.ENDPOINT_DOWN, True),
        ("ValidationError", "Endpoint e not found", steps.ENDPOINT_DOWN, True),
        ("NotReached", "", steps.ENDPOINT_DOWN, True),
    ],
)
def test_why_there_is_no_score(error: str, message: str, reason: str, again: bool) -> None:
    assert steps.no_score(error, message) == Score(value=None, model_version=None, missing=reason)
    assert steps.may_repeat(error, message) is again


def test_rules_decide_about_the_score_and_the_features() -> None:
    scored = Score(value=0.2, model_version=7, missing=None)
    plain = steps.conclude(SETTINGS, RULES, scored, Features(values={}, defaults_used=()))
    assert (plain.decision, plain.rule, plain.fallback) == ("wait", "bands[0]", None)
    assert plain.rules_version == RULES.recorded
    denied = steps.conclude(SETTINGS, RULES, scored, Features(values={"plane": "N9"}, defaults_used=()))
    assert (denied.decision, denied.rule) == ("rebook", "deny[0]")


@pytest.mark.parametrize("with_rules", [True, False])
def test_without_a_score_the_fallback_is_decided_with_its_reason(with_rules: bool) -> None:
    rules = RULES if with_rules else None
    no_score = Score(value=None, model_version=None, missing=steps.ENDPOINT_DOWN)
    made = steps.conclude(SETTINGS, rules, no_score, Features(values={"plane": "N9"}, defaults_used=()))
    assert (made.decision, made.rule, made.fallback) == ("wait", None, steps.ENDPOINT_DOWN)
    assert made.rules_version == (RULES.recorded if rules else None)


def test_without_rules_the_fallback_is_decided_and_marked() -> None:
    scored = Score(value=0.9, model_version=7, missing=None)
    made = steps.conclude(SETTINGS, None, scored, Features(values={}, defaults_used=()))
    assert (made.decision, made.fallback) == ("wait", steps.RULES_MISSING)


CLASSES = {"prediction": "b", "score": 0.6, "probabilities": {"a": 0.4, "b": 0.6}, "version": 7}


def test_an_answer_of_classes_is_read_and_rules_see_it() -> None:
    score = steps.read_answer(json.dumps(CLASSES))
    assert score == Score(
        value=0.6, model_version=7, missing=None, prediction="b", probabilities={"a": 0.4, "b": 0.6}
    )
    rules = parse(
        {
            "schema_version": 1,
            "version": "1",
            "overrides": [
                {
                    "when": {"prediction": {"is": "b"}, "probability:a": {"above": 0.3}},
                    "decision": "rebook",
                }
            ],
            "bands": [{"decision": "wait"}],
        },
        decisions=("wait", "rebook"),
    )
    features = Features(values={"plane": "N1"}, defaults_used=())
    assert steps.conclude(SETTINGS, rules, score, features).decision == "rebook"
    assert steps.conclude(SETTINGS, rules, steps.read_answer("0.6"), features).decision == "wait"


@pytest.mark.parametrize("change", [{"probabilities": {"a": "0.4"}}, {"prediction": 3}, {"probabilities": 1}])
def test_classes_that_cannot_be_read_leave_the_score(change: dict[str, Any]) -> None:
    score = steps.read_answer(json.dumps({**CLASSES, **change}))
    assert (score.value, score.prediction, score.probabilities) == (0.6, None, None)
