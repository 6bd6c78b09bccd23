import json
from typing import Any

import pytest

from lambdas.functions.decide.calls import CallFailed
from lambdas.functions.decide.rules_cache import CurrentRules

DECISIONS = ("wait", "rebook")


def item(version: str, decision: str = "wait") -> dict[str, Any]:
    document = {"schema_version": 1, "version": version, "bands": [{"decision": decision}]}
    return {"pk": {"S": "RULES"}, "document": {"S": json.dumps(document)}}


class Table:
    """A table whose item is set by the test, with a clock and what was noted."""

    def __init__(self) -> None:
        self.item: dict[str, Any] | None = None
        self.failing = False
        self.reads = 0
        self.now = 100.0
        self.noted: list[str] = []
        self.rules = CurrentRules(self.load, DECISIONS, 10, self.noted.append, clock=lambda: self.now)

    def load(self) -> dict[str, Any] | None:
        self.reads += 1
        if self.failing:
            raise CallFailed("Timeout", "late")
        return self.item

    def version(self) -> str | None:
        rules = self.rules.get()
        return rules.version if rules else None


@pytest.fixture
def table() -> Table:
    return Table()


def test_an_edit_takes_effect_when_the_rules_have_aged(table: Table) -> None:
    table.item = item("1")
    assert table.version() == "1"
    table.item = item("2")
    table.now += 9.9
    assert table.version() == "1" and table.reads == 1
    table.now += 0.1
    assert table.version() == "2" and table.reads == 2


def test_the_same_rules_are_not_parsed_again(table: Table) -> None:
    table.item = item("1")
    first = table.rules.get()
    table.now += 10
    assert table.rules.get() is first and table.reads == 2


@pytest.mark.parametrize(
    "bad", [item("2", decision="other"), {"document": {"S": "{"}}, {"document": {"N": "1"}}, {}, None]
)
def test_rules_that_cannot_be_used_do_not_replace_good_ones(table: Table, bad: dict[str, Any] | None) -> None:
    table.item = item("1")
    assert table.version() == "1"
    table.item = bad
    table.now += 10
    assert table.version() == "1"
    assert len(table.noted) == 1
    table.item = item("3")
    table.now += 10
    assert table.version() == "3"


def test_a_table_that_does_not_answer_is_not_asked_at_every_request(table: Table) -> None:
    table.item = item("1")
    assert table.version() == "1"
    table.failing = True
    table.now += 10
    assert [table.version() for _ in range(3)] == ["1"] * 3
    assert table.reads == 2 and "Timeout: late" in table.noted[0]


def test_where_there_never_were_rules_every_request_looks_for_them(table: Table) -> None:
    assert table.version() is None and table.noted == ["There are no rules yet."]
    table.item = item("1")
    assert table.version() == "1"


def test_rules_that_no_record_can_name_are_not_used(table: Table) -> None:
    """They were accepted once, and every decision by them was 503."""
    document = {
        "schema_version": 1,
        "version": "1",
        "overrides": [{"name": "\ud800", "score": {"above": 0}, "decision": "wait"}],
        "bands": [{"decision": "wait"}],
    }
    table.item = {"document": {"S": json.dumps(document)}}
    assert table.version() is None
    assert "half of a surrogate pair" in table.noted[0]
