from collections.abc import Sequence
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.statistics import baseline
from jobs.statistics.baseline import statistics
from jobs.statistics.window import NEW_CATEGORIES, Compared, compare_columns
from tests.jobs.columns import relation

pytestmark = pytest.mark.slow

NUMBERS = st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(-2, 2)), max_size=30)


def one(before: Sequence[Any], after: Sequence[Any], kind: str) -> Compared:
    connection = duckdb.connect()
    sql = "DOUBLE" if kind == "number" else "VARCHAR"
    for name, values in {"b": before, "w": after}.items():
        connection.execute(f"CREATE TABLE {name} AS SELECT unnest($1::{sql}[]) AS x", [list(values)])
    (column,) = compare_columns(connection, "w", statistics(connection, "b", {"x": kind}))
    return column


@settings(deadline=None)
@given(NUMBERS.filter(bool), NUMBERS)
def test_each_number_is_in_one_cell_between_its_edges(
    before: list[float | None], after: list[float | None]
) -> None:
    column = one(before, after, "number")
    known = [value for value in after if value is not None]
    old = [value for value in before if value is not None]
    assert column.present == (len(old), len(known))
    assert column.missing == (len(before) - len(old), len(after) - len(known))
    if not old:
        assert not column.cells
        return
    assert [sum(side) for side in zip(*column.cells, strict=True)] == list(column.present)
    outside = [(0, sum(value < min(old) for value in known)), (0, sum(value > max(old) for value in known))]
    assert [column.cells[0], column.cells[-1]] == outside
    assert list(column.edges) == sorted(column.edges) and len(column.edges) == len(column.cells) + 1
    assert (column.edges[0], column.edges[-1]) == (min(old + known), max(old + known))


@settings(deadline=None)
@given(NUMBERS.filter(lambda values: any(value is not None for value in values)))
def test_the_baseline_itself_falls_as_the_baseline_did(values: list[float | None]) -> None:
    assert all(first == second for first, second in one(values, values, "number").cells)


def test_categories_are_counted_by_name_and_new_ones_apart() -> None:
    column = one(["a", "a", "b", None], ["a", "c", "c", "d", None], "category")
    assert (column.values, column.new, column.unseen) == (("a", "b"), ("c", "d"), 3)
    assert list(column.cells) == [(2, 1), (1, 0), (0, 2), (0, 1), (0, 0)]
    assert (column.present, column.missing) == ((3, 4), (1, 1))


def test_new_categories_beyond_those_named_are_counted_together() -> None:
    column = one(["it's"], [f"n{place}" for place in range(NEW_CATEGORIES + 5)], "category")
    assert len(column.new) == NEW_CATEGORIES
    assert [column.cells[0], column.cells[-1]] == [(1, 0), (0, 5)]


def test_a_baseline_that_lists_only_the_commonest_knows_the_others_by_their_hashes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(baseline, "CATEGORIES", 1)
    column = one(["a", "a", "b", "d", "d"], ["b", "c", "c", "d"], "category")
    assert (column.values, column.new, column.unseen) == (("a",), ("c",), 2)
    assert list(column.cells) == [(2, 0), (0, 2), (3, 2)]
    assert (column.singletons, column.distinct, column.unlisted) == (1, 3, (2, 1))


def test_a_baseline_that_does_not_say_what_it_left_out_finds_nothing_new() -> None:
    connection = duckdb.connect()
    document = statistics(connection, relation(connection, "b", {"x": ["a", "a", "b"]}), {"x": "category"})
    document["features"][0]["string_statistics"]["distinct_count"] = 3
    (column,) = compare_columns(connection, relation(connection, "w", {"x": ["c", "c"]}), document)
    assert (column.unseen, column.new, column.unlisted) == (None, (), None)


def test_texts_are_only_present_or_not_and_columns_can_be_gone() -> None:
    connection = duckdb.connect()
    document = statistics(
        connection, relation(connection, "b", {"t": ["x", None], "y": [1, 2]}), {"t": "text", "y": "number"}
    )
    text, gone = compare_columns(connection, relation(connection, "w", {"t": [None, None, "z"]}), document)
    assert (text.kind, text.present, text.missing, text.gone) == ("presence", (1, 1), (1, 2), False)
    assert (gone.present, gone.missing, gone.gone) == ((2, 0), (0, 3), True)


def test_a_baseline_made_by_model_monitor_is_read() -> None:
    connection = duckdb.connect()
    buckets = [
        {"lower_bound": 0.0, "upper_bound": 1.0, "count": 3},
        {"lower_bound": 1.0, "upper_bound": 2, "count": 1},
    ]
    made = {
        "version": 0.0,
        "dataset": {"item_count": 4},
        "features": [
            {
                "name": "x",
                "inferred_type": "Fractional",
                "numerical_statistics": {
                    "common": {"num_present": 4, "num_missing": 0},
                    "distribution": {
                        "kll": {"buckets": buckets, "sketch": {"parameters": {"c": 0.64, "k": 2048}}}
                    },
                },
            }
        ],
    }
    (column,) = compare_columns(
        connection, relation(connection, "w", {"x": [-1.0, 0.5, 1.5, 1.6, 3.0]}), made
    )
    assert list(column.cells) == [(0, 1), (3, 1), (1, 2), (0, 1)]
    assert column.edges == (-1.0, 0.0, 1.0, 2, 3.0)
