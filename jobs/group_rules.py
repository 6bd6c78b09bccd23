"""The data-quality rules of a ranking: its groups, and relevances as grades."""

from collections.abc import Iterator

import duckdb

from jobs.database import quote, single
from jobs.findings import Finding
from jobs.names import LABEL
from jobs.plan import Plan
from jobs.roles import group_text

MAX_GRADE = 31
"""XGBoost's highest relevance: NDCG's gain of a grade r is 2^r - 1, in 32 bits."""


def group_rules(connection: duckdb.DuckDBPyConnection, plan: Plan) -> Iterator[Finding]:
    """Rows without a group, which cannot be ranked."""
    group = plan.dataset.group
    if group_text(plan.dataset) is None or group is None:
        return
    rows = _count(connection, f"SELECT count(*) FROM staged WHERE {quote(group)} IS NULL")
    if rows:
        yield Finding(
            rule="missing_group",
            column=group,
            rows=rows,
            message=f"{rows:,} rows have no value in the group {group!r}, so nothing to be ranked among.",
        )


def grade_rules(connection: duckdb.DuckDBPyConnection, plan: Plan) -> Iterator[Finding]:
    """Relevances that are no grades, and groups from whose order nothing can be learned.

    The view ``labelled`` has the rows with a label.
    """
    group, label = group_text(plan.dataset), plan.dataset.label
    if group is None:
        return
    wrong = f"{LABEL} < 0 OR {LABEL} > {MAX_GRADE} OR {LABEL} <> floor({LABEL})"
    rows, example = single(connection, f"SELECT count(*), max({LABEL}) FROM labelled WHERE {wrong}")
    if rows:
        yield Finding(
            rule="grades",
            column=label,
            rows=int(str(rows)),
            message=(
                f"The label {label!r} is no whole number from 0 to {MAX_GRADE} in {int(str(rows)):,} rows, "
                f"for example {float(str(example)):g}: NDCG's gain of a relevance r is 2^r - 1; give grades."
            ),
        )
    groups, alone, level = single(
        connection,
        "SELECT count(*), count(*) FILTER (WHERE size = 1), count(*) FILTER (WHERE lowest = highest) FROM "
        f"(SELECT count(*), min({LABEL}), max({LABEL}) FROM labelled GROUP BY {group}) "
        "AS groups(size, lowest, highest)",
    )
    if groups and groups == level:
        yield Finding(
            rule="one_class",
            column=label,
            message=f"No group of {plan.dataset.group!r} has rows of different relevance: no order to learn.",
        )
    elif alone:
        yield Finding(
            rule="single_rows",
            column=plan.dataset.group,
            rows=int(str(alone)),
            fails=False,
            message=(
                f"{int(str(alone)):,} of {int(str(groups)):,} groups of {plan.dataset.group!r} have one row: "
                "any order of it is the best."
            ),
        )


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(str(single(connection, query)[0]))
