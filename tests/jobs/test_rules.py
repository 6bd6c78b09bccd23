from collections.abc import Iterator

import duckdb
import pytest

from jobs.database import connect
from jobs.rules import not_accepted, outside, row_rules, value_rules
from tests.jobs.batches import Batch


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as (made, _):
        yield made


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(1, 3, [0, 4]), (1, None, [0]), (None, 3, [4]), (None, None, [])]
)
def test_bounds_belong_to_the_range(
    connection: duckdb.DuckDBPyConnection, low: float | None, high: float | None, expected: list[int]
) -> None:
    condition = outside("x", low, high)
    query = f"SELECT x FROM (SELECT * FROM range(5) UNION ALL SELECT NULL) AS t(x) WHERE {condition}"
    assert [row[0] for row in connection.execute(query).fetchall()] == expected


def test_missing_values_are_not_a_matter_of_acceptance(connection: duckdb.DuckDBPyConnection) -> None:
    condition = not_accepted("x", "category", ["it's", "b"])
    query = f"SELECT x FROM (VALUES ('it''s'), ('b'), ('c'), (NULL)) AS t(x) WHERE {condition}"
    assert connection.execute(query).fetchall() == [("c",)]


def test_rules_about_columns_that_this_workflow_does_not_read_are_passed_over(
    connection: duckdb.DuckDBPyConnection, filled: Batch
) -> None:
    connection.execute("CREATE VIEW staged AS SELECT 1.0 AS amount, 1 AS count, 'a' AS kind, true AS flag")
    rules = {
        "ranges": {"y": [0, 1], "after": [5, 6]},
        "accepted_values": {"y": ["1"]},
        "missing_share": {"y": 0},
    }
    plan = filled.plan(workflow="batch", quality=rules)
    assert list(value_rules(connection, plan, 1)) == []


def test_a_key_of_several_columns_may_repeat_in_one(
    connection: duckdb.DuckDBPyConnection, filled: Batch
) -> None:
    connection.execute(
        "CREATE VIEW staged AS SELECT TIMESTAMP '2024-01-01' AS at, * "
        "FROM (VALUES ('a', 'x'), ('a', 'y')) AS t(id, who)"
    )
    both = filled.plan(dataset={"row_key": ["id", "who"]}, quality={"minimum_rows": 1})
    one = filled.plan(quality={"minimum_rows": 1})
    assert list(row_rules(connection, both, 2)) == []
    assert [finding.rule for finding in row_rules(connection, one, 2)] == ["duplicate_key"]
