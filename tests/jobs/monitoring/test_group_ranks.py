from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from jobs.database import connect
from jobs.monitoring.group_ranks import MIN_RANKINGS, PLACES, ranked_measures
from jobs.names import INFERENCE_ID, LABEL, SCORE

SETTINGS: Any = SimpleNamespace(group="search")
SEARCHES, ROWS = 12, 10


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Twelve searches of ten rows: those of shop a have the first four places and one other."""
    with connect() as (opened, _):
        opened.execute(
            f"CREATE TABLE judged AS SELECT 's' || s AS search, s || '-' || r AS {INFERENCE_ID}, "
            f"CAST({ROWS} - r AS DOUBLE) AS {SCORE}, CAST(r % 2 AS DOUBLE) AS {LABEL}, "
            f"CASE WHEN r < 4 OR r = 9 THEN 'a' ELSE 'b' END AS shop "
            f"FROM range({SEARCHES}) AS t(s), range({ROWS}) AS u(r)"
        )
        yield opened


def test_the_share_of_rows_among_the_first_places(connection: duckdb.DuckDBPyConnection) -> None:
    every, relevant = ranked_measures(connection, SETTINGS, "shop", 1)
    assert (every.name, relevant.name) == (f"top_{PLACES}_rate", f"relevant_top_{PLACES}_rate")
    assert {name: sample.value for name, sample in every.groups.items()} == {"a": 4 / 5, "b": 1 / 5}
    # Of the relevant rows 1, 3, 5, 7 and 9, shop a has 1 and 3 among the first, and 9 behind.
    assert relevant.groups["a"].value == pytest.approx(2 / 3) and relevant.groups["b"].value == 0
    assert relevant.labelled and not every.labelled


def test_a_group_in_few_rankings_and_short_rankings_are_left_out(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(f"DELETE FROM judged WHERE shop = 'b' AND search >= 's{MIN_RANKINGS - 8}'")
    every, _ = ranked_measures(connection, SETTINGS, "shop", 1)
    assert "b" not in every.groups
