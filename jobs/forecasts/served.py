"""Published forecasts as served rows of monitoring: one a series and step, with what the model had to go on.

The raw rows are the history that was continued. A served row gets the known columns of its step, where a row
of that step was scored, and as the target's value that of a season before (the seasonal naive forecast), by
which a window shows whether the history has drifted. `SCALES` keeps each series' error of that forecast.
"""

from collections.abc import Mapping

import duckdb
import numpy as np

from jobs.database import quote
from jobs.forecasts.series import SERIES, forecast_of, value
from jobs.forecasts.steps import step_number
from jobs.metrics.forecast import horizon_blocks
from jobs.metrics.rows import ScoredRows
from jobs.names import ENTITY, EVENT_TIME, INFERENCE_ID, LABEL, PROBLEMS, SCORE, SERVED_AT
from jobs.roles import entity
from mdlc_constructs.settings.payloads.dataset import DatasetSection

CONTINUED = "continued"
"""The table that `make_continued` makes: rows with the raw columns by name, and `jobs.names.PROBLEMS`."""

SCALES = "series_scales"
"""The table of a run's time, each series, and the mean absolute error of its seasonal naive forecast."""


def make_continued(
    connection: duckdb.DuckDBPyConnection,
    dataset: DatasetSection,
    columns: Mapping[str, str],
    predictions: str,
    predicted_at: str,
) -> None:
    """Make the table `CONTINUED` of the view ``raw``, a row for each prediction, and add to `SCALES`.

    Args:
        predictions: the relation of published predictions.
        predicted_at: the SQL expression of the run's time.
    """
    forecast = forecast_of(dataset)
    time, who = quote(str(dataset.timestamp)), quote(str(dataset.entity))
    number, target = step_number(forecast.frequency, time), value(dataset)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE history AS FROM (SELECT {entity(dataset)}, {number}, max({target}) "
        f"FROM raw WHERE {time} IS NOT NULL GROUP BY 1, 2) AS history(series, step, value)"
    )
    season = f"CASE WHEN count(*) > {forecast.season} THEN {forecast.season} ELSE 1 END"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE history_ends AS SELECT series, max(step) AS step, "
        f"arg_max(value, step) AS value, {season} AS season FROM history WHERE value IS NOT NULL GROUP BY 1"
    )
    connection.execute(
        f"CREATE TEMP TABLE IF NOT EXISTS {SCALES} (predicted_at TIMESTAMP, series VARCHAR, scale DOUBLE)"
    )
    connection.execute(
        f"INSERT INTO {SCALES} SELECT {predicted_at}, ends.series, avg(abs(own.value - before.value)) "
        "FROM history_ends AS ends JOIN history AS own ON own.series = ends.series "
        "JOIN history AS before ON before.series = own.series AND before.step = own.step - ends.season "
        "GROUP BY ends.series"
    )
    step = step_number(forecast.frequency, "p.event_time")
    seasons = f"CAST(ceil(({step} - ends.step) / ends.season) AS BIGINT)"
    known = {
        dataset.timestamp: f"p.event_time AS {time}",
        str(dataset.entity): f"whose.{who}",
        str(dataset.label): f"coalesce(before.value, ends.value) AS {quote(str(dataset.label))}",
    }
    selected = ", ".join(known.get(name, f"own.{quote(name)}") for name in columns)
    rows = f"(SELECT *, {entity(dataset)} AS {SERIES} FROM raw)"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {CONTINUED} AS SELECT {selected}, own.{PROBLEMS} "
        f"FROM (SELECT DISTINCT entity, event_time FROM {predictions}) AS p "
        f"JOIN (SELECT {SERIES}, any_value({who}) AS {who} FROM {rows} GROUP BY 1) AS whose "
        f"ON whose.{SERIES} = p.entity JOIN history_ends AS ends ON ends.series = p.entity "
        "LEFT JOIN history AS before ON before.series = p.entity "
        f"AND before.step = {step} - ends.season * {seasons} "
        f"LEFT JOIN {rows} AS own ON own.{SERIES} = p.entity AND own.{time} = p.event_time"
    )


def with_series(connection: duckdb.DuckDBPyConnection, scored: ScoredRows) -> ScoredRows:
    """The labelled rows of the view ``judged``, by series, with what MASE is scaled by.

    Args:
        scored: the rows in the order of `jobs.monitoring.accuracy.labelled_rows`.
    """
    if not len(scored):
        return scored
    columns = connection.execute(
        f"SELECT {ENTITY}, CAST(epoch_us({SERVED_AT}) AS BIGINT), "
        f"row_number() OVER (PARTITION BY {ENTITY}, {SERVED_AT} ORDER BY {EVENT_TIME}), scales.scale "
        f"FROM judged LEFT JOIN {SCALES} AS scales ON scales.series = {ENTITY} "
        f"AND scales.predicted_at = {SERVED_AT} WHERE {LABEL} IS NOT NULL "
        f"ORDER BY {SERVED_AT}, {INFERENCE_ID}, {SCORE}, {LABEL}"
    ).fetchall()
    series, served, steps, scales = zip(*columns, strict=True)
    groups = np.unique(np.array(series), return_inverse=True)[1].reshape(-1)
    origins = np.unique(np.array(served), return_inverse=True)[1].reshape(-1)
    return ScoredRows(
        labels=scored.labels,
        scores=scored.scores,
        task=scored.task,
        answers=scored.answers,
        names=scored.names,
        groups=groups,
        blocks=horizon_blocks(groups, origins, np.array(steps)),
        scale=np.array(scales, dtype=np.float64),
    )
