import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.settings import rules_document
from mdlc_constructs.settings.answer_columns import answer_columns, answer_values
from mdlc_constructs.settings.rules_document import RulesRefusedError, check, parse, read

DECISIONS = ("wait", "rebook")
COLUMNS = {"tier": "category", "distance": "integer", "checked": "boolean", "plane": "text"}
GOOD: dict[str, Any] = {
    "schema_version": 1,
    "version": "summer",
    "overrides": [{"when": {"tier": {"is": "gold"}}, "score": {"above": 0.5}, "decision": "rebook"}],
    "deny": [{"column": "plane", "values": ["N1"], "decision": "rebook"}],
    "allow": [{"column": "distance", "values": [7], "decision": "wait"}],
    "bands": [{"below": 0.5, "decision": "wait"}, {"from": 0.5, "decision": "rebook"}],
}


def problems(document: object) -> tuple[str, ...]:
    with pytest.raises(RulesRefusedError) as refused:
        parse(document, decisions=DECISIONS, columns=COLUMNS)
    return refused.value.problems


def changed(*path: str | int, to: object) -> dict[str, Any]:
    document = copy.deepcopy(GOOD)
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return document


def test_the_documented_document_can_be_used() -> None:
    text = (rules_document.__doc__ or "").partition("::\n")[2].partition("\n\nTests of")[0]
    document = read(text)
    found = parse(document, decisions=("rebook", "wait", "offer"))
    assert found.decide(0.6, {}).decision == "rebook" and found.version == "summer 2"


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ([], "The document is a list: give a JSON object."),
        (changed("schema_version", to=2), "schema_version=2: give 1."),
        (changed("schema_version", to=True), "schema_version=True: give 1."),
        (changed("version", to=7), "version=7: give a text of 1 to 64 characters."),
        (changed("version", to=" "), "version=' ': give a text of 1 to 64 characters."),
        (changed("denied", to=[]), "key='denied': no such key; did you mean 'deny'?"),
        (changed("deny", to={}), "deny: is an object; give a list."),
        (changed("deny", 0, to="N1"), "deny[0]: is a text; give an object."),
        (
            changed("deny", 0, "value", to=["N1"]),
            "deny[0].key='value': no such key; did you mean 'values'?",
        ),
        (
            changed("deny", 0, "values", to="N1"),
            "deny[0].values='N1': give a list of the values it is about.",
        ),
        (
            changed("deny", 0, "values", to=["N1", 1]),
            "deny[0].values[1]=1: the column is a text, and such a value never equals it.",
        ),
        (
            changed("allow", 0, "values", to=["7"]),
            "allow[0].values[0]='7': the column is a integer, and such a value never equals it.",
        ),
        (
            changed("allow", 0, "values", to=[None]),
            "allow[0].values[0]=None: give a text, a number, true or false.",
        ),
        (
            changed("deny", 0, "column", to="plain"),
            "deny[0].column='plain': no such column; did you mean 'plane'?",
        ),
        (changed("deny", 0, "column", to=3), "deny[0].column=3: name a column."),
        (
            changed("deny", 0, "decision", to="reboot"),
            "deny[0].decision='reboot': no such decision; did you mean 'rebook'?",
        ),
        (changed("deny", 0, "decision", to=None), "deny[0].decision=None: give one of rebook, wait."),
        (changed("deny", 0, "name", to=""), "deny[0].name='': give a text of 1 to 64 characters."),
        (changed("bands", to=[]), "bands: there are none; give at least one, the last without below."),
        (
            changed("bands", 0, "from", to=0),
            "bands[0].from=0: leave it out of the first band: it is open.",
        ),
        (
            changed("bands", 1, "below", to=1),
            "bands[1].below=1: leave it out of the last band: it is open.",
        ),
        (
            changed("bands", 1, "from", to=0.6),
            "bands[1].from=0.6: leaves a gap after the band before, which ends below 0.5; give that.",
        ),
        (
            changed("bands", 1, "from", to=0.4),
            "bands[1].from=0.4: overlaps the band before, which ends below 0.5; give that.",
        ),
        (changed("bands", 1, "from", to="0.5"), "bands[1].from='0.5': give a number."),
        (changed("bands", 0, "below", to=True), "bands[0].below=True: give a number."),
        (changed("bands", 0, "below", to=10**400), f"bands[0].below={10**400}: give a number."),
        (
            changed("overrides", 0, "when", to=[]),
            """overrides[0].when=[]: give an object, for example {"tier": {"is": "gold"}}.""",
        ),
        (
            changed("overrides", 0, to={"decision": "wait"}),
            "overrides[0].when={}: give a condition, or a score: this one always holds.",
        ),
        (
            changed("overrides", 0, "when", to={"tier": {"at_least": 1}}),
            "overrides[0].when['tier'].at_least=1: the column is a category; compare numbers.",
        ),
        (
            changed("overrides", 0, "when", to={"tier": {"equals": "a"}}),
            "overrides[0].when['tier'].key='equals': no such key; choose one of above, at_least, at_most, "
            "below, in, is, is_not, missing, not_in.",
        ),
        (
            changed("overrides", 0, "when", to={"tier": {"is": "a", "in": ["a"]}}),
            "overrides[0].when['tier'].in=['a']: give it or 'is', not both.",
        ),
        (
            changed("overrides", 0, "when", to={"tier": {"missing": True, "is": "a"}}),
            "overrides[0].when['tier'].missing=True: a missing value meets no other test; leave them out.",
        ),
        (
            changed("overrides", 0, "when", to={"tier": {"missing": 1}}),
            "overrides[0].when['tier'].missing=1: give true or false.",
        ),
        (
            changed("overrides", 0, "when", to={"checked": {"is": 1}}),
            "overrides[0].when['checked'].is=1: the column is a boolean, and such a value never equals it.",
        ),
        (
            changed("overrides", 0, "score", to={"at_least": 1, "below": 1}),
            "overrides[0].score={'at_least': 1, 'below': 1}: no number lies within these bounds; mend one of "
            "them.",
        ),
        (
            changed("overrides", 0, "score", to={"is": 1}),
            "overrides[0].score.key='is': no such key; choose one of above, at_least, at_most, below.",
        ),
        (
            changed("overrides", 0, "score", to=0.5),
            "overrides[0].score=0.5: give an object with at least one of at_least, above, at_most, below.",
        ),
    ],
)
def test_a_fault_is_named_with_its_place_value_and_remedy(document: object, problem: str) -> None:
    assert problems(document) == (problem,)


def test_one_look_finds_every_fault() -> None:
    document = changed("bands", 0, "decision", to="wate")
    document["deny"][0]["column"] = "plain"
    assert [problem.partition("=")[0] for problem in problems(document)] == [
        "deny[0].column",
        "bands[0].decision",
    ]
    with pytest.raises(RulesRefusedError, match=r"\(and 1 more\)"):
        parse(document, decisions=DECISIONS, columns=COLUMNS)


def test_a_band_that_does_not_end_is_one_fault() -> None:
    document = changed("bands", to=[{"decision": "wait"}, {"from": 0.5, "decision": "rebook"}])
    assert problems(document) == ("bands[0].below=None: give a number.",)


def test_bands_ascend() -> None:
    bands = [
        {"below": 0.5, "decision": "wait"},
        {"from": 0.5, "below": 0.5, "decision": "wait"},
        {"from": 0.5, "decision": "wait"},
    ]
    assert problems(changed("bands", to=bands)) == ("bands[1].below=0.5: give more than its beginning, 0.5.",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{\n "a": }', "line 2, column 7: this is no JSON (Expecting value); mend it there."),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "The key 'c' stands twice in one object: keep one of them."),
        ('{"a": NaN}', "NaN is no number in JSON: leave it out, or give a finite number."),
        ("[" * 100_000, "The document is nested too deeply, more than 100 levels: mend it."),
        ('"' + "a" * 300_000 + '"', "The document has more than 300000 bytes: shorten its lists."),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(RulesRefusedError) as refused:
        read(text)
    assert refused.value.problems == (problem,)


def test_a_file_is_checked_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    assert "cannot be read" in check(path, decisions=DECISIONS)[0]
    path.write_text(json.dumps(GOOD))
    assert check(path, decisions=DECISIONS, columns=COLUMNS) == []
    path.write_text("{")
    assert check(path, decisions=DECISIONS)[0].startswith("line 1, column 2")
    path.write_text(json.dumps(changed("bands", 0, "decision", to="offer")))
    assert len(check(path, decisions=DECISIONS)) == 1
    path.write_bytes(b"\xff")
    assert "UTF-8" in check(path, decisions=DECISIONS)[0]


def test_layout_and_order_of_keys_do_not_change_the_digest() -> None:
    one = parse(GOOD, decisions=DECISIONS)
    again = parse(read(json.dumps(dict(reversed(GOOD.items())), indent=3)), decisions=DECISIONS)
    assert one.digest == again.digest


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["below", "from", "decision", "when", "score", "column", "values", "is", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*GOOD, "other"]), ANYTHING))
def test_any_document_is_read_or_refused(sections: dict[str, Any]) -> None:
    with suppress(RulesRefusedError):
        parse({**GOOD, **sections}, decisions=DECISIONS, columns=COLUMNS)


def test_a_document_with_no_bands_at_all_is_refused() -> None:
    document = {name: value for name, value in GOOD.items() if name != "bands"}
    assert problems(document) == ("bands: there are none; give at least one, the last without below.",)


CLASSES = {**COLUMNS, **answer_columns(("setosa", "it's", "3"))}
BY_CLASS: dict[str, Any] = {
    **GOOD,
    "overrides": [
        {
            "name": "sure",
            "when": {"prediction": {"is": "setosa"}, "probability:setosa": {"at_least": 0.8}},
            "decision": "rebook",
        }
    ],
    "deny": [{"column": "prediction", "values": [3], "decision": "rebook"}],
}


@pytest.mark.parametrize(
    ("prediction", "probability", "rule"),
    [
        ("setosa", 0.8, "overrides:sure"),
        ("setosa", 0.7, "bands[0]"),
        ("it's", 0.9, "bands[0]"),
        ("3", 0.1, "deny[0]"),
    ],
)
def test_rules_may_name_a_class_and_its_probability(prediction: str, probability: float, rule: str) -> None:
    rules = parse(BY_CLASS, decisions=DECISIONS, columns=CLASSES)
    row = {"distance": 1, **answer_values(prediction, {"setosa": probability})}
    assert rules.decide(0.4, row).rule == rule
    # An answer of one number names no class.
    assert rules.decide(0.4, {"distance": 1, **answer_values(None, None)}).rule == "bands[0]"


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({"prediction": {"is": "setosas"}}, "'setosas': no such class; did you mean 'setosa'"),
        ({"prediction": {"in": ["it's", "4"]}}, "in[1]='4': no such class"),
        ({"prediction": {"above": 1}}, "the column is a class; compare numbers"),
        ({"probability:setosas": {"above": 0.5}}, "no such column; did you mean 'probability:setosa'"),
        ({"probability:setosa": {"is": "high"}}, "the column is a number"),
    ],
)
def test_an_unknown_class_is_refused(when: dict[str, Any], said: str) -> None:
    document = {**BY_CLASS, "overrides": [{"when": when, "decision": "wait"}]}
    with pytest.raises(RulesRefusedError) as refused:
        parse(document, decisions=DECISIONS, columns=CLASSES)
    assert said in refused.value.problems[0]
