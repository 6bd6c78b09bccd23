"""Rows drawn at random, the same ones for the same rows."""

import duckdb
import pytest

from jobs.statistics.sampling import lot, sample_query


def table(order: str = "i") -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE t AS SELECT i, i % 3 AS few, CASE WHEN i % 5 > 0 THEN i / 7.0 END AS x "
        f"FROM range(20000) r(i) ORDER BY {order}"
    )
    return connection


def drawn(
    connection: duckdb.DuckDBPyConnection, columns: list[str], seed: int = 1
) -> list[tuple[object, ...]]:
    query = sample_query("t", columns, taken=columns, rows=3000, seed=seed)
    return connection.execute(query).fetchall()


def test_the_same_rows_are_drawn_in_the_same_order_however_they_lie() -> None:
    columns = ["i", "few", "x"]
    one, other = drawn(table(), columns), drawn(table("hash(i)"), columns)
    assert one == other
    assert len(set(one)) == 3000
    held = table().execute("FROM t").fetchall()
    assert set(one) <= set(held)


def test_another_seed_draws_other_rows() -> None:
    """Of 20,000 rows 3,000 are drawn twice: 450 in both, within six standard deviations (18.5 each)."""
    columns = ["i", "few", "x"]
    both = set(drawn(table(), columns, seed=2)) & set(drawn(table(), columns, seed=3))
    assert abs(len(both) - 450) < 6 * 18.5


def test_rows_that_hold_the_same_are_drawn_as_often_as_they_are_there() -> None:
    found = drawn(table(), ["few"])
    assert len(found) == 3000
    # A third each, within six standard deviations (25.8 rows without counting that rows are not put back).
    for value in range(3):
        assert abs(found.count((value,)) - 1000) < 6 * 25.8


def test_missing_values_stay_missing() -> None:
    found = drawn(table(), ["x"])
    assert abs(sum(x is None for (x,) in found) - 600) < 6 * 21.9


def test_a_relation_of_few_rows_is_drawn_whole() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT unnest([1, 1, NULL, 2]) AS v")
    assert sorted(drawn(connection, ["v"]), key=str) == [(1,), (1,), (2,), (None,)]
    connection.execute("DELETE FROM t")
    assert drawn(connection, ["v"]) == []


@pytest.mark.parametrize("every", [2, 7])
def test_lots_divide_rows_evenly(every: int) -> None:
    ((kept,),) = table().execute(f"SELECT count(*) FROM t WHERE {lot(['i'], 5)} % {every} = 0").fetchall()
    share = 1 / every
    assert abs(kept - 20000 * share) < 6 * (20000 * share * (1 - share)) ** 0.5
