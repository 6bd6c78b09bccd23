import json
from typing import Any

import pytest

from lambdas.functions.decide.ab_assignment import CurrentTest
from lambdas.functions.decide.calls import CallFailed
from mdlc_constructs.settings.experiment import ABTest

TEST = ABTest(weights={"main": 70, "blue": 30})
PLANES = [f"N{number}" for number in range(50)]


def item(**changes: str) -> dict[str, Any]:
    given = {
        "kind": "ab",
        "status": "running",
        "entity": "tail",
        "weights": json.dumps(list(TEST.weights.items())),
    }
    return {name: {"S": value} for name, value in {**given, **changes}.items()}


class Table:
    """A table whose item is set by the test, with a clock and what was noted."""

    def __init__(self) -> None:
        self.item: dict[str, Any] | None = item()
        self.failing = False
        self.reads = 0
        self.now = 100.0
        self.noted: list[str] = []
        self.test = CurrentTest(self.load, 10, self.noted.append, clock=lambda: self.now)

    def load(self) -> dict[str, Any] | None:
        self.reads += 1
        if self.failing:
            raise CallFailed("Timeout", "late")
        return self.item


@pytest.fixture
def table() -> Table:
    return Table()


def test_an_entity_goes_to_the_variant_that_the_release_would_name(table: Table) -> None:
    found = [table.test.variant({"tail": plane, "delay": 3}) for plane in PLANES]
    assert found == [TEST.variant_of(plane) for plane in PLANES]
    assert set(found) == {"main", "blue"}
    assert table.reads == 1
    assert table.test.variant({"tail": 7}) == TEST.variant_of("7")


@pytest.mark.parametrize("row", [{}, {"tail": None}, {"delay": 3}])
def test_a_row_without_an_entity_is_left_to_the_weights(table: Table, row: dict[str, Any]) -> None:
    assert table.test.variant(row) is None


@pytest.mark.parametrize("found", [None, item(kind="shadow"), item(status="starting")])
def test_where_no_test_runs_no_variant_is_named(table: Table, found: dict[str, Any] | None) -> None:
    table.item = found
    assert table.test.variant({"tail": "N1"}) is None
    assert table.noted == []


def test_a_test_that_ended_is_forgotten_when_it_has_aged(table: Table) -> None:
    assert table.test.variant({"tail": "N1"}) is not None
    table.item = None
    table.now += 9.9
    assert table.test.variant({"tail": "N1"}) is not None
    table.now += 0.1
    assert table.test.variant({"tail": "N1"}) is None


def test_a_test_that_cannot_be_read_goes_on(table: Table) -> None:
    assert table.test.variant({"tail": "N1"}) is not None
    table.now += 10
    table.failing = True
    assert table.test.variant({"tail": "N1"}) is not None
    table.now += 10
    table.failing, table.item = False, item(weights="no JSON")
    assert table.test.variant({"tail": "N1"}) is not None
    assert len(table.noted) == 2
