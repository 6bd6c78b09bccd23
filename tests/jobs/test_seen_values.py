import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.seen_values import DIGITS, SeenValues, seen_values
from tests.examples_tried import examples

TEXTS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, unique=True)


def remembered(values: list[str], rows: int = 1) -> SeenValues:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT unnest($1::VARCHAR[]) AS v, $2 AS n", [values, rows])
    return seen_values(connection, "t", len(values))


@settings(max_examples=examples(20))
@given(TEXTS)
def test_every_value_of_the_baseline_is_known_and_survives_json(values: list[str]) -> None:
    kept = SeenValues.read(remembered(values).to_json())
    assert kept is not None
    assert all(kept.may_hold(value) for value in values)
    assert kept.singletons == len(values)


def test_new_values_are_missed_as_often_as_it_says() -> None:
    kept = remembered([f"old{place}" for place in range(8_000)])
    missed = sum(kept.may_hold(f"new{place}") for place in range(4_000)) / 4_000
    assert kept.used == pytest.approx(8_000 / 16 ** DIGITS[0], rel=0.1)
    assert missed == pytest.approx(kept.used, abs=0.02)


def test_many_values_get_more_buckets_and_values_of_several_rows_are_no_singletons() -> None:
    kept = remembered([f"old{place}" for place in range(9_000)], rows=2)
    assert (kept.digits, kept.singletons) == (DIGITS[1], 0)
    assert not kept.may_hold("a new one")


def test_no_document_is_no_memory() -> None:
    assert SeenValues.read(None) is None
