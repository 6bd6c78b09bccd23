"""How often the rows of each group of a protected column are among the first of their ranking.

The rows of one search compete for its places: one that is among the first five keeps another one out. So a
share's variance, and the covariance of two groups' shares, are of whole searches.
"""

import duckdb

from jobs.database import quote
from jobs.monitoring.measured_groups import GroupMeasure, Sample
from jobs.monitoring.settings import Settings
from jobs.names import INFERENCE_ID, LABEL, SCORE

PLACES = 5
"""The first places of a ranking."""

MIN_RANKINGS = 10
"""Minimum rankings that a group's rows are in: the variance of fewer is not known well enough."""


def ranked_measures(
    connection: duckdb.DuckDBPyConnection, settings: Settings, group: str, least: int
) -> list[GroupMeasure]:
    """The share of each group's rows, and of its relevant rows, that are among the first five.

    Rankings of at most five rows say nothing and are left out. Rows of equal scores share their places.

    Args:
        group: the SQL expression of a row's group in the protected column.
        least: the minimum number of rows of a group.
    """
    search = f"coalesce(CAST({quote(settings.group or '')} AS VARCHAR), {INFERENCE_ID})"
    # Named outside of the inner query, where a user's column may be called like one of these names.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE placed AS SELECT member, search, label, greatest(0, least(1, "
        f"({PLACES + 1} - rank() OVER (PARTITION BY search ORDER BY score DESC)) "
        "/ count(*) OVER (PARTITION BY search, score))) AS first "
        f"FROM (SELECT {group}, {search}, {LABEL}, {SCORE} FROM judged) "
        "AS listed(member, search, label, score) "
        f"QUALIFY count(*) OVER (PARTITION BY search) > {PLACES}"
    )
    return [
        _measure(connection, f"top_{PLACES}_rate", "true", least, labelled=False),
        _measure(connection, f"relevant_top_{PLACES}_rate", "label > 0", least, labelled=True),
    ]


def _measure(
    connection: duckdb.DuckDBPyConnection, name: str, condition: str, least: int, *, labelled: bool
) -> GroupMeasure:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE shares AS SELECT member, search, count(*) AS among, sum(first) AS hits "
        f"FROM placed WHERE {condition} GROUP BY ALL"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE members AS SELECT member, sum(among) AS among, "
        "sum(hits) / sum(among) AS share, count(*) AS searches FROM shares GROUP BY ALL "
        f"HAVING sum(among) >= {least} AND count(*) >= {MIN_RANKINGS}"
    )
    # What a search adds to a share's distance from its true value (linearization of a ratio).
    part = "(hits - share * shares.among) / members.among * sqrt(searches / (searches - 1))"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE parts AS SELECT member, search, {part} AS part "
        "FROM shares JOIN members USING (member)"
    )
    sums = connection.execute(
        "SELECT one.member, other.member, sum(one.part * other.part) "
        "FROM parts AS one JOIN parts AS other USING (search) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    covariances = {(str(first), str(second)): float(value) for first, second, value in sums}
    samples = {}
    for member, rows, share, searches in connection.execute(
        "SELECT member, CAST(among AS BIGINT), share, searches FROM members ORDER BY member"
    ).fetchall():
        # Equal shares have no variance: count one search in the middle besides.
        variance = max(covariances[str(member), str(member)], 0.25 / (searches + 1) / searches)
        samples[str(member)] = Sample(value=float(share), rows=int(rows), variance=variance * int(rows))
    return GroupMeasure(name=name, groups=samples, labelled=labelled, covariances=covariances)
