"""Divides labelled rows into training, validation and holdout rows, in each way that a split has.

A part is a condition on a relation. Where it follows from one row alone, the relation is the view
``labelled`` itself. Otherwise the rows are written once with their part, so that it is computed once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from jobs.database import literal, parquet, quote
from jobs.errors import InputError, JobError
from jobs.forecasts.split import resolve_series_intervals
from jobs.names import FILE, PART, PART_TIME, internal
from jobs.plan import Plan
from jobs.reading import row_count
from jobs.roles import between, row_identity, total_order
from jobs.serving.values import canonical
from jobs.values import text_of
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.job_plan import PARTS
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.payloads.split import RandomSection
from mdlc_constructs.settings.payloads.split_text import part_texts

MIN_STRATUM = 3
"""The fewest rows of one value of which each part can have one."""

_HEX_DIGITS = 32
_PLACE, _SIZE = internal("place"), internal("size")


@dataclass(frozen=True, kw_only=True)
class Division:
    """How the rows are divided.

    Attributes:
        relation: the view or table with all rows.
        conditions: the SQL condition of each part.
        intervals: the time of each part; empty unless the parts follow each other in time.
        spans: each part's time or rule in brackets, for messages.
    """

    relation: str
    conditions: Mapping[str, str]
    intervals: Mapping[str, Interval]
    spans: Mapping[str, str]

    @property
    def part(self) -> str:
        """The SQL expression of a row's part; NULL for a row that is in none."""
        cases = " ".join(
            f"WHEN {condition} THEN {literal(part)}" for part, condition in self.conditions.items()
        )
        return f"CASE {cases} END"


def divide(connection: duckdb.DuckDBPyConnection, plan: Plan, scratch: Path) -> Division:
    """Divide the rows of the view ``labelled``; creates a view for each part.

    Args:
        scratch: the folder for the divided rows.

    Raises:
        JobError: when the rows cannot be divided this way.
    """
    split = plan.split
    if split.by_time:
        division = _by_time(connection, plan, scratch)
    elif split.random is not None:
        division = _at_random(connection, plan, split.random, scratch)
    elif split.column is not None:
        value = text_of(quote(split.column.name), plan.dataset.columns[split.column.name])
        named = {part: f"{value} = {literal(canonical(text))}" for part, text in split.column.values.items()}
        division = _as_the_data_say(plan, named)
    elif split.prefixes is not None:
        named = {part: f"starts_with({FILE}, {literal(text)})" for part, text in split.prefixes.items()}
        division = _as_the_data_say(plan, named)
    else:
        raise JobError("split={}: the plan must say how rows are divided, such as by fractions.")
    for part, condition in division.conditions.items():
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {part} AS SELECT * FROM {division.relation} WHERE {condition}"
        )
    return division


def split_fields(plan: Plan, division: Division) -> dict[str, Any]:
    """What manifest and feature program say of a split besides its intervals; nothing of one by time."""
    section = plan.split
    if section.by_time and section.group is None:
        return {}
    document = encode(section)
    document.pop("window")
    document = {name: value for name, value in document.items() if value is not None}
    if section.random is not None:
        dataset = plan.dataset
        document["drawn_by"] = list(dataset.row_key or dataset.needed(label=False))
    return {"split": document}


def _by_time(connection: duckdb.DuckDBPyConnection, plan: Plan, scratch: Path) -> Division:
    split, relation, time = plan.split, "labelled", quote(str(plan.dataset.timestamp))
    if plan.dataset.forecast is not None:
        intervals = resolve_series_intervals(connection, plan)
    elif split.intervals is not None:
        intervals = {part: split.intervals[part] for part in PARTS}
    else:
        if split.group is not None:
            # A group is where its latest row is, so that nothing of it is in training before.
            group = quote(split.group)
            latest = f"CASE WHEN {group} IS NULL THEN {time} ELSE max({time}) OVER (PARTITION BY {group}) END"
            relation = _written(
                connection, f"SELECT *, {latest} AS {PART_TIME} FROM labelled", scratch / "divided.parquet"
            )
            time = PART_TIME
        intervals = _fractions(connection, plan, relation, time)
    intervals = _with_gap(intervals, split.gap_seconds or 0.0)
    return Division(
        relation=relation,
        conditions={part: between(time, interval) for part, interval in intervals.items()},
        intervals=intervals,
        spans={
            part: f" ({interval.start or 'the beginning'} to {interval.end or 'the end'})"
            for part, interval in intervals.items()
        },
    )


def _with_gap(intervals: Mapping[str, Interval], seconds: float) -> dict[str, Interval]:
    """The intervals, each but the last ending that long before the next begins."""
    if not seconds:
        return dict(intervals)

    def before(start: str | None) -> str | None:
        return start and (datetime.fromisoformat(start) - timedelta(seconds=seconds)).isoformat()

    train, validation = (
        replace(intervals[part], end=before(intervals[after].start)) for part, after in pairwise(PARTS)
    )
    return {"train": train, "validation": validation, "holdout": intervals["holdout"]}


def _fractions(
    connection: duckdb.DuckDBPyConnection, plan: Plan, relation: str, time: str
) -> dict[str, Interval]:
    """The interval of each part. Fractions become times, so that rows of one time stay in one part."""
    fractions = plan.split.fractions or {}
    rows = row_count(connection, relation)
    shares = (fractions["train"], fractions["train"] + fractions["validation"])
    moments = []
    for share in shares:
        offset = min(int(rows * share), rows - 1)
        row = (
            connection.execute(
                f"SELECT {time} FROM {quote(relation)} ORDER BY {time} LIMIT 1 OFFSET {offset}"
            ).fetchone()
            if rows
            else None
        )
        if row is None or not isinstance(row[0], datetime):
            raise JobError("No row has both a label and a time: nothing can be divided.")
        moments.append(row[0].isoformat())
    if moments[0] == moments[1]:
        raise JobError(
            f"Too many rows share the moment {moments[0]} to divide by fractions: "
            "divide by time, or take larger ones."
        )
    window = plan.requested
    return {
        "train": Interval(start=window.start, end=moments[0]),
        "validation": Interval(start=moments[0], end=moments[1]),
        "holdout": Interval(start=moments[1], end=window.end),
    }


def _at_random(
    connection: duckdb.DuckDBPyConnection, plan: Plan, section: RandomSection, scratch: Path
) -> Division:
    """Rows by a hash of the seed and the row, or the row's group.

    Without strata a row's part follows from its hash alone. With strata it follows from the hash's rank
    within the stratum.
    """
    dataset, split = plan.dataset, plan.split
    unit = f"'row' || chr(31) || {row_identity(dataset)}"
    if split.group is not None:
        group = text_of(quote(split.group), dataset.columns[split.group])
        unit = f"coalesce('group' || chr(31) || {group}, {unit})"
    drawn = f"md5('{section.seed}' || chr(31) || coalesce({unit}, ''))"
    holdout, validation = section.shares["holdout"], section.shares["validation"]
    if section.stratify is None:
        query = (
            f"SELECT *, CASE WHEN {drawn} < {_limit(holdout)} THEN 'holdout' "
            f"WHEN {drawn} < {_limit(holdout + validation)} THEN 'validation' ELSE 'train' END AS {PART} "
            "FROM labelled"
        )
    else:
        stratum = text_of(f"raw.{quote(section.stratify)}", dataset.columns[section.stratify])
        order = total_order(dataset, plan.columns(label=True))
        numbered = (
            "SELECT raw.*, "
            f"row_number() OVER (PARTITION BY {stratum} ORDER BY {drawn}, {order}) AS {_PLACE}, "
            f"count(*) OVER (PARTITION BY {stratum}) AS {_SIZE} FROM labelled AS raw"
        )
        # A value of three rows or more is in each part.
        few = f"{_SIZE} < {MIN_STRATUM}"
        last, middle = (f"round({_SIZE} * {share!r})" for share in (holdout, validation))
        last = f"CASE WHEN {few} THEN {last} ELSE greatest(1, least({_SIZE} - 2, {last})) END"
        middle = f"CASE WHEN {few} THEN {middle} ELSE greatest(1, least({_SIZE} - 1 - {last}, {middle})) END"
        query = (
            f"SELECT * EXCLUDE ({_PLACE}, {_SIZE}), CASE WHEN {_PLACE} <= {last} THEN 'holdout' "
            f"WHEN {_PLACE} <= {last} + {middle} THEN 'validation' ELSE 'train' END AS {PART} "
            f"FROM ({numbered})"
        )
    relation = _written(connection, query, scratch / "divided.parquet")
    return _as_the_data_say(plan, {part: f"{PART} = {literal(part)}" for part in PARTS}, relation)


def _limit(share: float) -> str:
    """The MD5, as hexadecimal text, below which a share of all hashes lies."""
    return literal(f"{int(share * 16**_HEX_DIGITS):0{_HEX_DIGITS}x}")


def _as_the_data_say(plan: Plan, conditions: Mapping[str, str], relation: str = "labelled") -> Division:
    texts = part_texts(encode(plan.split))
    return Division(
        relation=relation,
        conditions={part: conditions[part] for part in PARTS},
        intervals={},
        spans={part: f" ({texts[part]})" for part in PARTS},
    )


def _written(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> str:
    """The name of a view of a query's rows, which are written to a file."""
    try:
        connection.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet)")
    except duckdb.ConversionException as error:
        raise InputError(f"The rows cannot be divided: {error}") from error
    connection.execute(f"CREATE OR REPLACE TEMP VIEW divided AS FROM {parquet(target)}")
    return "divided"
