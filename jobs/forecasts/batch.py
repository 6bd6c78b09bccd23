"""The records of batch inference on series: each series is continued from its last known value.

A series may be spread over several files, such as one a month, so all files are read together. Its record and
its keys are filed under the file, in the order of names, in which it begins.
"""

from pathlib import Path

import duckdb

from jobs.database import copy_to, literal, quote
from jobs.errors import InputError
from jobs.folders import Folders
from jobs.forecasts.records import ORIGIN, ORIGINS, RECORD, keys_query, write_records
from jobs.forecasts.rules import series_rules
from jobs.forecasts.series import SERIES, STEP, VALUE, forecast_of, make_points, value
from jobs.forecasts.steps import later
from jobs.names import FILE, internal
from jobs.plan import Plan
from jobs.predictions import numbered_files
from jobs.reading import stage
from jobs.roles import event_time
from jobs.serving.program import Program
from jobs.sources import examine
from mdlc_constructs.settings.payloads.moments import Interval

SUFFIX = ".jsonl"
_POINTS, _GRID = "points", "grid"
_NUMBER, _LAST_AT = internal("number"), internal("last_at")


def write_batch(
    connection: duckdb.DuckDBPyConnection, plan: Plan, program: Program, folders: Folders, scratch: Path
) -> tuple[int, Path | None]:
    """Write the records below ``shards/`` and the keys below ``keys/``.

    Returns:
        The number of predictions to come, and a file of records; None when there are none.

    Raises:
        InputError: when a file cannot be read, or series have steps that cannot be continued.
    """
    dataset, data = plan.dataset, folders.input("data")
    columns = {**dataset.needed(label=True), **program.columns}
    sources = examine(connection, plan.files, data, dataset.format, columns, csv=dataset.csv)
    problems = [*sources.problems, *stage(connection, sources, columns, scratch / "staged.parquet")]
    if problems:
        raise InputError(problems[0].message)
    for finding in series_rules(connection, dataset, training=False, span=Interval()):
        if finding.fails:
            raise InputError(finding.message)
    _view_grid(connection, plan, columns)
    make_points(connection, dataset, program, _GRID, _POINTS)
    _ask(connection, plan)
    features, ahead = len(program.steps), forecast_of(dataset).horizon
    first: Path | None = None
    total = 0
    for number, (file, name) in enumerate(numbered_files(plan)):
        where = f"o.{_NUMBER} = {number}"
        keys = folders.output("keys") / f"{name}.parquet"
        copy_to(connection, keys_query(dataset, _POINTS, label=False, where=where), keys)
        rows = int(connection.execute(f"SELECT count(*) FROM {ORIGINS} AS o WHERE {where}").fetchall()[0][0])
        if rows:
            records = folders.output("shards") / file.shard / f"{name}{SUFFIX}"
            write_records(connection, dataset, _POINTS, records, features=features, ahead=ahead, where=where)
            first = first or records
        total += rows * ahead
    return total, first


def _view_grid(connection: duckdb.DuckDBPyConnection, plan: Plan, columns: dict[str, str]) -> None:
    """Create the view of the staged rows, and a row for each step to forecast that has none.

    The features of such a row follow from its time; known columns always have rows of their own.
    """
    dataset = plan.dataset
    who, time = quote(str(dataset.entity)), event_time(dataset)
    known = f"{value(dataset)} IS NOT NULL AND {who} IS NOT NULL"
    next_step = later(forecast_of(dataset).frequency, _LAST_AT, "steps.step")
    grid_values = ", ".join(
        who if name == dataset.entity else f"{next_step} AS {time}" if name == dataset.timestamp
        else f"NULL AS {quote(name)}"
        for name in columns
    )  # fmt: skip
    selected = ", ".join(quote(name) for name in columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {_GRID} AS SELECT {selected} FROM staged UNION ALL "
        f"SELECT {selected} FROM (SELECT {grid_values} FROM "
        f"(SELECT {who}, max({time}) AS {_LAST_AT} FROM staged WHERE {known} GROUP BY 1), "
        f"range(1, {forecast_of(dataset).horizon + 1}) AS steps(step)) AS ahead "
        f"WHERE NOT EXISTS (FROM staged WHERE staged.{who} = ahead.{who} AND staged.{time} = ahead.{time})"
    )


def _ask(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Fill the table `ORIGINS` with the last known step of each series; records are numbered by file."""
    numbers = ", ".join(
        f"({literal(file.name)}, {number})" for number, (file, _) in enumerate(numbered_files(plan))
    )
    dataset = plan.dataset
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {ORIGINS} AS SELECT l.{SERIES}, l.{ORIGIN}, f.{_NUMBER}, "
        f"row_number() OVER (PARTITION BY f.{_NUMBER} ORDER BY l.{SERIES}) - 1 AS {RECORD} "
        f"FROM (SELECT {SERIES}, max({STEP}) AS {ORIGIN}, any_value({quote(str(dataset.entity))}) AS who "
        f"FROM {_POINTS} WHERE {VALUE} IS NOT NULL GROUP BY 1) AS l "
        f"JOIN (SELECT {quote(str(dataset.entity))} AS who, min(number) AS {_NUMBER} FROM staged "
        f"JOIN (VALUES {numbers}) AS names(name, number) ON names.name = staged.{FILE} GROUP BY 1) AS f "
        "ON f.who = l.who"
    )
