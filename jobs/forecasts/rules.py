"""The quality rules of series: their steps, their length, and what a forecast needs to know of the future."""

from collections.abc import Iterator

import duckdb

from jobs.database import quote, single
from jobs.findings import Finding
from jobs.forecasts.series import SERIES, STEP, VALUE, forecast_of, value
from jobs.forecasts.steps import begins_on_calendar, step_number, step_offset
from jobs.names import internal
from jobs.roles import entity, event_time, within
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.moments import Interval

_AT, _OFFSET = internal("at"), internal("offset")
_STARTS = {"MS": "month", "QS": "quarter", "YS": "year"}
_VIEW = "series_rows"


def series_rules(
    connection: duckdb.DuckDBPyConnection,
    dataset: DatasetSection,
    *,
    training: bool,
    span: Interval,
    relation: str = "staged",
) -> Iterator[Finding]:
    """Irregular, repeated and missing steps; series too short to forecast; unknown values of the future.

    The rules build on each other: of a series whose times are no steps, gaps cannot be found.

    Args:
        training: whether the series are trained on; otherwise they are to be continued.
        span: the requested time span.
    """
    _view(connection, dataset, span, relation)
    findings = list(_irregular(connection, dataset))
    if not findings:
        findings = [*_repeated(connection, dataset), *_missing(connection, dataset)]
    yield from findings
    yield from _short(connection, dataset, training=training)
    if not training and not findings:
        yield from _unknown_future(connection, dataset)


def _view(
    connection: duckdb.DuckDBPyConnection, dataset: DatasetSection, span: Interval, relation: str
) -> None:
    time, frequency = event_time(dataset), forecast_of(dataset).frequency
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {_VIEW} AS SELECT *, {entity(dataset)} AS {SERIES}, "
        f"{step_number(frequency, time)} AS {STEP}, {step_offset(frequency, time)} AS {_OFFSET}, "
        f"{value(dataset)} AS {VALUE}, {time} AS {_AT} FROM {quote(relation)} "
        f"WHERE {within(dataset.timestamp, span)} AND {quote(str(dataset.entity))} IS NOT NULL"
    )


def _irregular(connection: duckdb.DuckDBPyConnection, dataset: DatasetSection) -> Iterator[Finding]:
    frequency = forecast_of(dataset).frequency
    wrong = (
        f"SELECT {SERIES}, {_AT} FROM {_VIEW} WHERE {_OFFSET} <> 0"
        if begins_on_calendar(frequency)
        else f"SELECT {SERIES}, {_AT} FROM {_VIEW} "
        f"QUALIFY {_OFFSET} <> first_value({_OFFSET}) OVER (PARTITION BY {SERIES} ORDER BY {_AT})"
    )
    rows, series, example, at = _counted(connection, wrong)
    if not rows:
        return
    why = (
        f"is not the start of a {_STARTS[frequency]}: write the time of each step so"
        if begins_on_calendar(frequency)
        else f"is no whole number of steps of frequency {frequency!r} after its first: correct the times, or "
        "the frequency"
    )
    yield Finding(
        rule="irregular_steps",
        column=dataset.timestamp,
        rows=rows,
        message=f"Series {example!r} has the time {at}, which {why} ({_in(rows, series)}).",
    )


def _repeated(connection: duckdb.DuckDBPyConnection, dataset: DatasetSection) -> Iterator[Finding]:
    repeated = (
        f"SELECT {SERIES}, {_AT} FROM {_VIEW} "
        f"QUALIFY row_number() OVER (PARTITION BY {SERIES}, {STEP} ORDER BY {_AT}) > 1"
    )
    rows, series, example, at = _counted(connection, repeated)
    if rows:
        yield Finding(
            rule="repeated_steps",
            column=dataset.timestamp,
            rows=rows,
            message=(
                f"Series {example!r} has more than one row of the step {at}: keep one, or add their values "
                f"up ({_in(rows, series)})."
            ),
        )


def _missing(connection: duckdb.DuckDBPyConnection, dataset: DatasetSection) -> Iterator[Finding]:
    before = f"OVER (PARTITION BY {SERIES} ORDER BY {STEP})"
    gap = f"{STEP} - lag({STEP}) {before} - 1"
    gaps = (
        f"SELECT series, moment, steps FROM (SELECT {SERIES}, lag({_AT}) {before}, {gap} FROM {_VIEW}) "
        "AS gaps(series, moment, steps) WHERE steps > 0"
    )
    rows, series, example, at = _counted(connection, gaps, amount="sum(steps)")
    if rows:
        yield Finding(
            rule="missing_steps",
            column=dataset.timestamp,
            rows=rows,
            message=(
                f"Series {example!r} has no row for the step after {at}: add one for each step, with an "
                f"empty {dataset.label!r} where none is known ({rows:,} steps of {series:,} series)."
            ),
        )


def _short(
    connection: duckdb.DuckDBPyConnection, dataset: DatasetSection, *, training: bool
) -> Iterator[Finding]:
    forecast, label = forecast_of(dataset), dataset.label
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE series_lengths AS SELECT {SERIES} AS series, count({VALUE}) AS held "
        f"FROM {_VIEW} GROUP BY 1"
    )
    few, example, held = single(
        connection, "SELECT count(*), min(series), arg_min(held, series) FROM series_lengths WHERE held < 2"
    )
    if few:
        values = "one value" if held == 1 else "no value"
        yield Finding(
            rule="one_point",
            column=label,
            rows=int(str(few)),
            message=(
                f"Series {example!r} has {values} in {label!r}, from which nothing can be continued: leave "
                f"it out, or bring its history ({int(str(few)):,} such series)."
            ),
        )
    if not training:
        return
    needed = forecast.horizon * forecast.origins + 1
    # The rule above reports shorter ones.
    small = f"held BETWEEN 2 AND {needed - 1}"
    short, example, held, long = single(
        connection,
        f"SELECT count(*) FILTER (WHERE {small}), min(series) FILTER (WHERE {small}), "
        f"arg_min(held, series) FILTER (WHERE {small}), count(*) FILTER (WHERE held >= {needed}) "
        "FROM series_lengths",
    )
    if short:
        fails = not long
        remedy = (
            "ask for fewer steps or origins, or bring more history" if fails else "left out of the holdout"
        )
        yield Finding(
            rule="short_series",
            column=label,
            rows=int(str(short)),
            fails=fails,
            message=(
                f"Series {example!r} has {int(str(held)):,} values, and {forecast.origins} forecasts of "
                f"{forecast.horizon} steps need {needed:,}: {remedy} ({int(str(short)):,} such "
                "series)."
            ),
        )


def _unknown_future(connection: duckdb.DuckDBPyConnection, dataset: DatasetSection) -> Iterator[Finding]:
    """Known columns without a value in the steps to forecast, which a record needs."""
    forecast = forecast_of(dataset)
    for name in forecast.known:
        last = f"max({{}}) FILTER (WHERE {VALUE} IS NOT NULL)"
        lacking = f"""
            SELECT l.series, l.moment FROM (
                SELECT {SERIES} AS series, {last.format(STEP)} AS last, {last.format(_AT)} AS moment
                FROM {_VIEW} GROUP BY 1
            ) AS l LEFT JOIN (
                SELECT {SERIES} AS series, {STEP} AS step, {quote(name)} AS known FROM {_VIEW}
            ) AS r ON r.series = l.series AND r.step > l.last AND r.step <= l.last + {forecast.horizon}
            WHERE l.last IS NOT NULL GROUP BY 1, 2 HAVING count(r.known) < {forecast.horizon}"""
        rows, _, example, at = _counted(connection, lacking)
        if rows:
            yield Finding(
                rule="unknown_future",
                column=name,
                rows=rows,
                message=(
                    f"Series {example!r} lacks values of {name!r} in the {forecast.horizon} steps after "
                    f"{at}: add rows of these steps, with an empty {dataset.label!r} ({rows:,} such series)."
                ),
            )


def _counted(
    connection: duckdb.DuckDBPyConnection, query: str, amount: str = "count(*)"
) -> tuple[int, int, str, str]:
    """The number of rows (or an amount) and of series of a query of series and times, and its first row."""
    columns = "s, a, steps" if "steps" in amount else "s, a"
    rows, series, example = single(
        connection,
        f"SELECT {amount}, count(DISTINCT s), min({{'s': s, 'a': a}}) FROM ({query}) AS found({columns})",
    )
    if not rows or not isinstance(example, dict):
        return 0, 0, "", ""
    return int(str(rows)), int(str(series)), str(example["s"]), str(example["a"])


def _in(rows: int, series: int) -> str:
    return f"{rows:,} {'row' if rows == 1 else 'rows'} of {series:,} series"
