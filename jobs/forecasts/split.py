"""The split of series: the holdout is forecast from several origins, and training ends before all of them.

The holdout's targets are the last `origins` times `horizon` steps before the last known value of any series.
Each origin lies one horizon before the next, so that each step is forecast once. Steps are the same for all
series, so that no series tells the future of another.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb

from jobs.database import copy_to, single
from jobs.errors import InputError
from jobs.forecasts import chart_data
from jobs.forecasts.records import ORIGIN, ORIGINS, RECORD, keys_query, write_records
from jobs.forecasts.rules import series_rules
from jobs.forecasts.series import SERIES, STEP, VALUE, forecast_of, make_points, value
from jobs.forecasts.steps import step_number
from jobs.plan import Plan
from jobs.records import divide
from jobs.roles import event_time, moment, within
from jobs.serving.program import Program
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.job_plan import PARTS
from mdlc_constructs.settings.payloads.moments import Interval

RECORDS = "holdout.jsonl"
_POINTS, _CHAMPIONS = "points", "champion_points"


def resolve_series_intervals(connection: duckdb.DuckDBPyConnection, plan: Plan) -> dict[str, Interval]:
    """The time interval of each part of the view ``labelled``.

    With fractions the holdout is at least as long as its origins need, and the rows before it are divided in
    the ratio of the other two fractions.

    Raises:
        InputError: when steps are irregular, or when the holdout is too short for its origins.
    """
    dataset, forecast = plan.dataset, forecast_of(plan.dataset)
    for finding in series_rules(connection, dataset, training=True, span=plan.requested, relation="labelled"):
        if finding.fails:
            raise InputError(finding.message)
    time = event_time(dataset)
    steps = forecast.horizon * forecast.origins
    number = step_number(forecast.frequency, time)
    (last,) = single(connection, f"SELECT max({number}) FROM labelled WHERE {value(dataset)} IS NOT NULL")
    first = int(str(last)) - steps + 1
    if plan.split.intervals is not None:
        resolved = {part: plan.split.intervals[part] for part in PARTS}
        start = resolved["holdout"].start
        there = within(dataset.timestamp, resolved["holdout"])
        (held,) = single(connection, f"SELECT {last} + 1 - min({number}) FROM labelled WHERE {there}")
        if held is None or int(str(held)) < steps:
            raise InputError(
                f"The holdout from {start} has {held or 0} steps, and {forecast.origins} forecasts of "
                f"{forecast.horizon} steps need {steps}: begin it earlier, or ask for fewer origins."
            )
        return resolved
    (begins,) = single(
        connection, f"SELECT CAST(min({time}) AS VARCHAR) FROM labelled WHERE {number} >= {first}"
    )
    return _by_fractions(connection, plan, str(begins))


def _by_fractions(
    connection: duckdb.DuckDBPyConnection, plan: Plan, latest_start: str
) -> dict[str, Interval]:
    """The intervals of fractions; the holdout begins at ``latest_start`` or before."""
    fractions, time = plan.split.fractions or {}, event_time(plan.dataset)

    def at_share(share: float, condition: str) -> datetime:
        (rows,) = single(connection, f"SELECT count(*) FROM labelled WHERE {condition}")
        # A ratio of two shares is not exact: three quarters of 96 rows must be 72, not 71.
        offset = min(int(int(str(rows)) * share + 1e-6), max(int(str(rows)) - 1, 0))
        row = connection.execute(
            f"SELECT {time} FROM labelled WHERE {condition} ORDER BY 1 LIMIT 1 OFFSET {offset}"
        ).fetchone()
        if row is None:
            raise InputError(
                f"No row lies before {latest_start}, where the holdout begins: ask for fewer steps or "
                "origins, or bring more history."
            )
        time_there: datetime = row[0]
        return time_there

    train, validation = fractions["train"], fractions["validation"]
    holdout = min(at_share(train + validation, "true"), datetime.fromisoformat(latest_start)).isoformat()
    middle = at_share(train / (train + validation), f"{time} < {moment(holdout)}").isoformat()
    window = plan.requested
    return {
        "train": Interval(start=window.start, end=middle),
        "validation": Interval(start=middle, end=holdout),
        "holdout": Interval(start=holdout, end=window.end),
    }


def write_series_split(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    program: Program,
    champion: Program | None,
    intervals: Mapping[str, Interval],
    split: Path,
) -> dict[str, Path]:
    """Write the records of training, validation and holdout, and the holdout's keys; returns paths by name.

    Raises:
        InputError: when no series has all steps of an origin.
    """
    dataset = plan.dataset
    ending = plan.records.training_suffix
    files = {
        name: split / name
        for name in (f"train/train{ending}", f"validation/validation{ending}", f"holdout/{RECORDS}")
    }
    make_points(connection, dataset, program, "labelled", _POINTS)
    features = len(program.steps)
    for part in ("train", "validation"):
        _ask_for_history(connection, dataset, intervals[part])
        path = files.pop(f"{part}/{part}{ending}")
        write_records(connection, dataset, _POINTS, path, features=features, ahead=0)
        shards = plan.records.shards if part == "train" else 1
        files |= {f"{part}/{name}": place for name, place in divide(path, shards, "jsonlines").items()}
    _ask_for_origins(connection, dataset)
    ahead = forecast_of(dataset).horizon
    write_records(connection, dataset, _POINTS, files[f"holdout/{RECORDS}"], features=features, ahead=ahead)
    keys = "holdout_keys/keys.parquet"
    files[keys] = split / keys
    copy_to(connection, keys_query(dataset, _POINTS, label=True), files[keys])
    files[f"holdout_keys/{chart_data.FILE}"] = split / "holdout_keys" / chart_data.FILE
    copy_to(connection, chart_data.history_query(dataset, _POINTS), split / "holdout_keys" / chart_data.FILE)
    if champion:
        make_points(connection, dataset, champion, "labelled", _CHAMPIONS)
        name = f"champion/{RECORDS}"
        files[name] = split / name
        steps = len(champion.steps)
        write_records(connection, dataset, _CHAMPIONS, files[name], features=steps, ahead=ahead)
    return files


def _ask_for_history(
    connection: duckdb.DuckDBPyConnection, dataset: DatasetSection, interval: Interval
) -> None:
    """Fill the table `ORIGINS` with each series up to its last known value before an interval's end."""
    upto = f"AND {event_time(dataset)} < {moment(interval.end)}" if interval.end else ""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {ORIGINS} AS SELECT {SERIES}, max({STEP}) AS {ORIGIN}, "
        f"row_number() OVER (ORDER BY {SERIES}) - 1 AS {RECORD} FROM {_POINTS} "
        f"WHERE {VALUE} IS NOT NULL {upto} GROUP BY {SERIES}"
    )


def _ask_for_origins(connection: duckdb.DuckDBPyConnection, dataset: DatasetSection) -> None:
    """Fill the table `ORIGINS` with the holdout's, of the series with rows for all steps of an origin."""
    forecast = forecast_of(dataset)
    horizon, origins = forecast.horizon, forecast.origins
    (last,) = single(connection, f"SELECT max({STEP}) FROM {_POINTS} WHERE {VALUE} IS NOT NULL")
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {ORIGINS} AS
        SELECT {SERIES}, {ORIGIN}, row_number() OVER (ORDER BY {SERIES}, {ORIGIN}) - 1 AS {RECORD}
        FROM (SELECT p.{SERIES}, o.{ORIGIN}, count(*) FILTER (WHERE p.{STEP} > o.{ORIGIN}) AS ahead,
                count(p.{VALUE}) FILTER (WHERE p.{STEP} > o.{ORIGIN}) AS known,
                count(p.{VALUE}) FILTER (WHERE p.{STEP} <= o.{ORIGIN}) AS held
            FROM {_POINTS} AS p, (SELECT {last} - k * {horizon} AS {ORIGIN}
                FROM range(1, {origins + 1}) AS r(k)) AS o
            WHERE p.{STEP} <= o.{ORIGIN} + {horizon} GROUP BY 1, 2)
        WHERE ahead = {horizon} AND known > 0 AND held > 1
        """
    )
    (records,) = single(connection, f"SELECT count(*) FROM {ORIGINS}")
    if not records:
        raise InputError(
            f"No series has values before and rows for all {horizon} steps after one of the {origins} "
            "origins of the holdout: bring series that go on to the end, or ask for fewer steps or origins."
        )
