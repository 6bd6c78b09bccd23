import math
import timeit
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.settings.rules import Rules, comparable
from mdlc_constructs.settings.rules_document import parse

DECISIONS = ("wait", "offer", "rebook")
BANDS: list[dict[str, Any]] = [
    {"below": 0.3, "decision": "wait"},
    {"from": 0.3, "below": 0.6, "decision": "offer", "name": "unsure"},
    {"from": 0.6, "decision": "rebook"},
]


def rules(**sections: Any) -> Rules:
    return parse({"schema_version": 1, "version": "1", "bands": BANDS, **sections}, decisions=DECISIONS)


@pytest.mark.parametrize(
    ("score", "decision", "rule"),
    [
        (-1e300, "wait", "bands[0]"),
        (0.2999, "wait", "bands[0]"),
        (0.3, "offer", "bands:unsure"),
        (0.6, "rebook", "bands[2]"),
        (1e300, "rebook", "bands[2]"),
    ],
)
def test_a_band_begins_where_the_one_before_ends(score: float, decision: str, rule: str) -> None:
    verdict = rules().decide(score, {})
    assert (verdict.decision, verdict.rule) == (decision, rule)


def test_overrides_come_before_deny_lists_before_allow_lists_before_bands() -> None:
    listed = {"column": "plane", "values": ["N1"]}
    override = [{"name": "gold", "when": {"tier": {"is": "gold"}}, "decision": "offer"}]
    everything = rules(
        overrides=override,
        deny=[{**listed, "decision": "rebook"}],
        allow=[{**listed, "decision": "wait"}],
    )
    row = {"plane": "N1", "tier": "gold"}
    assert everything.decide(0.4, row).rule == "overrides:gold"
    assert everything.decide(0.4, {"plane": "N1"}).rule == "deny[0]"
    assert rules(allow=[{**listed, "decision": "wait"}]).decide(0.9, row).rule == "allow[0]"
    assert everything.decide(0.4, {"plane": "N2"}).rule == "bands:unsure"


@pytest.mark.parametrize(
    ("test", "holds", "does_not"),
    [
        ({"is": "a"}, ["a"], ["b", None, 1, True]),
        ({"is": 1}, [1, 1.0, "1", "1.0"], [True, "01", "1.00", None, math.nan]),
        ({"is": True}, [True, "true", "True"], [1, "yes", False]),
        ({"is_not": "a"}, ["b", 1], ["a", None]),
        ({"in": ["a", "2.0"]}, ["a", 2.0, 2, "2"], ["b", 3, None]),
        ({"not_in": ["a", "b"]}, ["c"], ["a", "b", None]),
        ({"missing": True}, [None, math.nan], ["a", 0, ""]),
        ({"missing": False}, ["a", 0, ""], [None, math.nan]),
        ({"at_least": 2, "below": 3}, [2, 2.5], [1.9, 3, "2", True, None]),
        ({"above": 2, "at_most": 3}, [2.5, 3], [2, 3.1, None]),
    ],
)
def test_what_a_condition_holds_for(test: dict[str, Any], holds: list[Any], does_not: list[Any]) -> None:
    judged = rules(overrides=[{"when": {"column": test}, "decision": "rebook"}])
    assert all(judged.decide(0.0, {"column": value}).decision == "rebook" for value in holds)
    assert all(judged.decide(0.0, {"column": value}).decision == "wait" for value in does_not)


def test_an_absent_column_is_a_missing_value() -> None:
    judged = rules(overrides=[{"when": {"tier": {"missing": True}}, "decision": "rebook"}])
    assert judged.decide(0.0, {}).decision == "rebook"


def test_an_override_needs_all_its_conditions_and_the_score() -> None:
    judged = rules(
        overrides=[
            {
                "when": {"tier": {"is": "gold"}, "distance": {"at_least": 1000}},
                "score": {"above": 0.1, "at_most": 0.2},
                "decision": "rebook",
            }
        ]
    )
    row = {"tier": "gold", "distance": 1000}
    assert judged.decide(0.2, row).decision == "rebook"
    assert judged.decide(0.1, row).decision == "wait"
    assert judged.decide(0.2, {**row, "distance": 999}).decision == "wait"


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_left_to_the_fallback(score: float) -> None:
    with pytest.raises(ValueError, match="use the fallback decision"):
        rules().decide(score, {})


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
PLAIN = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3)
DECISION = st.sampled_from(DECISIONS)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    edges = sorted(draw(st.sets(FINITE, max_size=5)))
    bands = [
        {
            **({"from": low} if low is not None else {}),
            **({"below": high} if high is not None else {}),
            "decision": draw(DECISION),
        }
        for low, high in zip([None, *edges], [*edges, None], strict=True)
    ]
    column = st.sampled_from(("a", "b"))
    listings = st.lists(
        st.fixed_dictionaries(
            {"column": column, "values": st.lists(PLAIN, min_size=1, max_size=3), "decision": DECISION}
        ),
        max_size=2,
    )
    tests = st.one_of(
        st.fixed_dictionaries({"is": PLAIN}),
        st.fixed_dictionaries({"not_in": st.lists(PLAIN, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"missing": st.booleans()}),
        st.fixed_dictionaries({"at_least": FINITE}),
    )
    when = st.dictionaries(column, tests, min_size=1, max_size=2)
    overrides = st.lists(st.fixed_dictionaries({"when": when, "decision": DECISION}), max_size=2)
    return {
        "schema_version": 1,
        "version": "any",
        "bands": bands,
        "deny": draw(listings),
        "allow": draw(listings),
        "overrides": draw(overrides),
    }


@given(documents(), FINITE, st.dictionaries(st.sampled_from(("a", "b", "c")), VALUES))
def test_rules_that_parse_decide_every_finite_score(
    document: dict[str, Any], score: float, row: dict[str, Any]
) -> None:
    verdict = parse(document, decisions=DECISIONS).decide(score, row)
    assert verdict.decision in DECISIONS
    place = verdict.rule.partition("[")[0]
    assert document[place][int(verdict.rule.partition("[")[2][:-1])]["decision"] == verdict.decision


@given(PLAIN, PLAIN)
def test_values_compare_as_json_does(one: object, other: object) -> None:
    same_kind = isinstance(one, bool) == isinstance(other, bool) and isinstance(one, str) == isinstance(
        other, str
    )
    assert (comparable(one) == comparable(other)) == (same_kind and one == other)


def test_the_record_names_the_version_and_the_content() -> None:
    one, other = rules(), rules(allow=[{"column": "a", "values": [1], "decision": "wait"}])
    assert one.recorded.startswith("1@") and len(one.recorded) == 14
    assert one.recorded != other.recorded


def test_a_decision_takes_microseconds() -> None:
    listed = [{"column": "plane", "values": [f"N{n}" for n in range(5000)], "decision": "wait"}]
    override = {"when": {"tier": {"is": "gold"}, "distance": {"above": 5}}, "decision": "offer"}
    judged = rules(deny=listed, overrides=[override] * 10)
    row = {"plane": "X", "tier": "silver", "distance": 7}
    assert min(timeit.repeat(lambda: judged.decide(0.5, row), number=100, repeat=5)) / 100 < 200e-6
