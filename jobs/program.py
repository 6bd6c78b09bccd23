"""Fits the feature program, and translates it to SQL that runs over all rows at once.

A category is encoded as its frequency rank in the training part. The encoding does not use the label, so it
cannot leak it. On the flight data of `examples` it is as good as smoothed target encoding, and better for
columns of many categories.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from jobs.database import literal, quote, single
from jobs.errors import InputError
from jobs.folders import Folders
from jobs.plan import Plan
from jobs.serving.program import NO_TIME, OTHER, Program, Step
from mdlc_constructs.settings.payloads.dataset import DatasetSection

MAX_CATEGORIES = 1000

_CALENDAR_SQL = {
    "hour": "hour({})",
    "dayofweek": "isodow({})",
    "day": "day({})",
    "dayofyear": "dayofyear({})",
    "week": "weekofyear({})",
    "month": "month({})",
    "quarter": "quarter({})",
    "year": "year({})",
}


def to_sql(program: Program, relation: str, *, leading: Sequence[str] = (), order: str = "") -> str:
    """A DuckDB query that computes the features of every row.

    Args:
        relation: the table or view with the raw columns.
        leading: SQL expressions over the raw columns to put before the features.
        order: the ORDER BY expression over the raw columns.
    """
    joins = []
    expressions = []
    for index, step in enumerate(program.steps):
        name = f"codes{index}"
        if step.kind == "category" and step.values:
            codes = ", ".join(f"({literal(v)}, {_number(code)})" for v, code in step.values.items())
            value = f"CAST(raw.{quote(step.column)} AS VARCHAR)"
            joins.append(f"LEFT JOIN (VALUES {codes}) AS {name}(value, code) ON {name}.value = {value}")
        value = _expression(step, name)
        if step.is_standardized:
            value = f"({value} - {_number(step.mean)}) / {_number(step.scale)}"
        expressions.append(f"{value} AS {quote(step.feature)}")
    ordering = f" ORDER BY {order}" if order else ""
    selected = ", ".join([*leading, *expressions])
    return f"SELECT {selected} FROM {quote(relation)} AS raw {' '.join(joins)}{ordering}"


def champion_program(plan: Plan, folders: Folders) -> Program | None:
    """The champion's feature program, from the plan or the input ``champion_program``; None without one."""
    if plan.champion and plan.champion.program:
        return Program.from_document(plan.champion.program)
    folder = folders.optional_input("champion_program")
    return Program.read(folder) if folder else None


ANSWERED_OTHERWISE = ("cluster", "embedding")
"""The tasks whose programs say which task they are of: the answers are neither a number nor a class."""


def fit(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    dataset: DatasetSection,
    origin: Mapping[str, Any],
    *,
    records: str = "csv",
) -> Program:
    """Fit the program on a relation, which must have training rows only.

    Args:
        records: the format of the records that the model's container takes.
    """
    steps = [_fitted(connection, relation, name, dataset.columns[name]) for name in dataset.features]
    if dataset.timestamp is not None:
        steps += [
            Step(
                feature=f"{dataset.timestamp}_{part}",
                column=dataset.timestamp,
                kind="calendar",
                fill=NO_TIME,
                part=part,
            )
            for part in dataset.calendar
        ]
    columns = {step.column: dataset.columns[step.column] for step in steps}
    program = Program(
        columns=columns,
        steps=tuple(steps),
        origin=origin,
        format=dataset.format,
        classes=dataset.classes or (),
        task=dataset.task if dataset.task in ANSWERED_OTHERWISE else "",
        records=records,
    )
    return _standardized(connection, relation, program) if dataset.standardize else program


def _standardized(connection: duckdb.DuckDBPyConnection, relation: str, program: Program) -> Program:
    """The program whose features have mean 0 and standard deviation 1 in the relation.

    A feature that is the same in every row becomes 0.
    """
    features = [f"f{number}" for number in range(len(program.steps))]
    moments = ", ".join(f"avg({name}), stddev_pop({name})" for name in features)
    query = f"SELECT {moments} FROM ({to_sql(program, relation)}) AS features({', '.join(features)})"
    # Threads add the rows up in another order each time, which changes the last digits.
    (threads,) = single(connection, "SELECT current_setting('threads')")
    connection.execute("SET threads = 1")
    try:
        # Without rows there are no moments, and features stay as they are.
        numbers = [float(value) for value in connection.execute(query).fetchall()[0] if value is not None]
    except duckdb.OutOfRangeException:
        numbers = [math.inf]
    finally:
        connection.execute(f"SET threads = {int(str(threads))}")
    if not all(map(math.isfinite, numbers)):
        raise InputError(
            "The standard deviation of a feature is too large for a number: divide the column by a constant, "
            "or leave it out of the features."
        )
    moved = zip(program.steps, numbers[::2], numbers[1::2], strict=False)
    steps = [replace(step, mean=mean, scale=scale or 1.0) for step, mean, scale in moved]
    return replace(program, steps=tuple(steps) or program.steps)


def _fitted(connection: duckdb.DuckDBPyConnection, relation: str, name: str, kind: str) -> Step:
    column, table = quote(name), quote(relation)
    if kind == "category":
        # Ties are broken by the value, so that the same rows always give the same program.
        ranked = connection.execute(
            f"SELECT {column}, count(*) FROM {table} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MAX_CATEGORIES}"
        ).fetchall()
        codes = {value: float(rank) for rank, (value, _) in enumerate(ranked, start=1)}
        missing = codes.pop(None, OTHER)
        return Step(
            feature=name,
            column=name,
            kind="category",
            fill=missing,
            values={value: code for value, code in codes.items() if "\x00" not in value},
        )
    number = f"CAST({column} AS DOUBLE)"
    usable = f"SELECT {number} FROM {table} WHERE isfinite({number})"
    present = int(str(single(connection, f"SELECT count(*) FROM ({usable})")[0]))
    fill = 0.0
    if present:
        # The median by sorting, which can spill to disk; DuckDB's quantiles need all values in memory.
        median = single(connection, f"{usable} ORDER BY 1 LIMIT 1 OFFSET {(present - 1) // 2}")[0]
        fill = float(str(median))
    return Step(feature=name, column=name, kind="boolean" if kind == "boolean" else "number", fill=fill)


def _expression(step: Step, codes: str) -> str:
    column = f"raw.{quote(step.column)}"
    if step.kind == "category":
        known = f"coalesce({codes}.code, {_number(OTHER)})" if step.values else _number(OTHER)
        return f"CASE WHEN {column} IS NULL THEN {_number(step.fill)} ELSE {known} END"
    if step.kind == "calendar":
        part = _CALENDAR_SQL[step.part].format(f"CAST({column} AS TIMESTAMP)")
        return f"coalesce(CAST({part} AS DOUBLE), {_number(step.fill)})"
    value = f"TRY_CAST({column} AS DOUBLE)"
    return f"CASE WHEN isfinite({value}) THEN {value} ELSE {_number(step.fill)} END"


def _number(value: float) -> str:
    """The number as an SQL literal. A plain 0.1 is a DECIMAL, which is rounded again when cast to DOUBLE."""
    return f"CAST({literal(repr(value))} AS DOUBLE)"
