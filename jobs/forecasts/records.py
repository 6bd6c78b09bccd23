"""Records of series in DeepAR's JSON Lines, and the keys of what a model answers to them.

A line is one series up to one origin: ``item_id``, ``start``, ``target`` (null where a value is missing) and,
when there are features, ``dynamic_feat``: a list for each feature, which goes on over the horizon.
"""

from pathlib import Path

import duckdb

from jobs.database import literal, quote
from jobs.forecasts.series import SERIES, STEP, VALUE, feature_name, forecast_of
from jobs.forecasts.steps import later
from jobs.names import internal
from jobs.roles import event_time, row_key
from mdlc_constructs.settings.payloads.dataset import DatasetSection

ORIGINS = "origins"
"""The table of what is asked: `SERIES`, `ORIGIN` (number of a series' last known step) and `RECORD`."""

ORIGIN, RECORD = internal("origin"), internal("record")
_AHEAD, _WHO, _LAST_AT = internal("ahead"), internal("who"), internal("last_at")


def write_records(
    connection: duckdb.DuckDBPyConnection,
    dataset: DatasetSection,
    points: str,
    path: Path,
    *,
    features: int,
    ahead: int,
    where: str = "true",
) -> None:
    """Write the records of the table `ORIGINS` in order.

    Args:
        points: the table of points (see `jobs.forecasts.series`).
        features: number of features.
        ahead: number of steps behind the origin for which features are written.
        where: an SQL condition on the table `ORIGINS`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    time = f"p.{event_time(dataset)}"
    known = f"FILTER (WHERE p.{STEP} <= o.{ORIGIN})"
    lists = ", ".join(f"list(p.{feature_name(place)} ORDER BY p.{STEP})" for place in range(features))
    dynamic = f", [{lists}] AS dynamic_feat" if features else ""
    query = (
        f"SELECT o.{SERIES} AS item_id, strftime(min({time}), '%Y-%m-%d %H:%M:%S') AS start, "
        f"list(p.{VALUE} ORDER BY p.{STEP}) {known} AS target{dynamic} "
        f"FROM {ORIGINS} AS o JOIN {quote(points)} AS p "
        f"ON p.{SERIES} = o.{SERIES} AND p.{STEP} <= o.{ORIGIN} + {ahead} "
        f"WHERE {where} GROUP BY o.{SERIES}, o.{ORIGIN}, o.{RECORD} ORDER BY o.{RECORD}"
    )
    connection.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT json)")


def keys_query(dataset: DatasetSection, points: str, *, label: bool, where: str = "true") -> str:
    """The SQL query of the keys: a row for each record of `ORIGINS` and step ahead, in the records' order.

    The columns are ``row`` from 0, ``row_key``, ``entity`` and ``event_time`` of what is predicted, the
    ``label`` if asked for, then ``step`` from 1, ``origin`` (the time of the last known point) and what
    metrics are scaled by and compared with: ``scale`` (the mean absolute error of the seasonal naive forecast
    over the history up to the origin) and ``naive`` (that forecast itself).
    """
    forecast = forecast_of(dataset)
    horizon, frequency = forecast.horizon, forecast.frequency
    who, time = quote(str(dataset.entity)), event_time(dataset)
    season = f"CASE WHEN h.held > {forecast.season} THEN {forecast.season} ELSE 1 END"
    names = ["row", "row_key", "entity", "event_time", *(["label"] if label else [])]
    names += ["step", "origin", "scale", "naive"]
    asked_rows = f"""
        SELECT o.*, s.step, h.{_WHO}, h.{_LAST_AT}, h.last, {season} AS season,
            {later(frequency, f"h.{_LAST_AT}", "s.step")} AS {_AHEAD}
        FROM {ORIGINS} AS o
        JOIN (SELECT o.{SERIES}, o.{ORIGIN}, any_value(p.{who}) AS {_WHO}, max(p.{time}) AS {_LAST_AT},
                arg_max(p.{VALUE}, p.{STEP}) AS last, count(p.{VALUE}) AS held
            FROM {ORIGINS} AS o JOIN {quote(points)} AS p
            ON p.{SERIES} = o.{SERIES} AND p.{STEP} <= o.{ORIGIN} GROUP BY 1, 2
        ) AS h ON h.{SERIES} = o.{SERIES} AND h.{ORIGIN} = o.{ORIGIN}
        CROSS JOIN (SELECT unnest(range(1, {horizon + 1})) AS step) AS s
        WHERE {where}"""
    # The error of the seasonal naive forecast: values that lie a season apart.
    errors = f"""
        SELECT o.{RECORD}, avg(abs(p.{VALUE} - b.{VALUE})) AS scale
        FROM (SELECT DISTINCT {RECORD}, {SERIES}, {ORIGIN}, season FROM asked) AS o
        JOIN {quote(points)} AS p ON p.{SERIES} = o.{SERIES} AND p.{STEP} <= o.{ORIGIN}
        JOIN {quote(points)} AS b ON b.{SERIES} = o.{SERIES} AND b.{STEP} = p.{STEP} - o.season
        GROUP BY 1"""
    seasons = "CAST(ceil(a.step / a.season) AS BIGINT)"
    labels = ["t." + VALUE] if label else []
    values = [
        f"a.{RECORD} * {horizon} + a.step - 1",
        f"(SELECT {row_key(dataset)} FROM (SELECT a.{_WHO}, a.{_AHEAD}) AS k({who}, {time}))",
        f"a.{SERIES}",
        f"a.{_AHEAD}",
        *labels,
        "a.step",
        f"a.{_LAST_AT}",
        "e.scale",
        f"coalesce(n.{VALUE}, a.last)",
    ]
    target = f"LEFT JOIN {quote(points)} AS t ON t.{SERIES} = a.{SERIES} AND t.{STEP} = a.{ORIGIN} + a.step "
    return (
        f"WITH asked AS ({asked_rows}), errors AS ({errors}) "
        f"SELECT * FROM (SELECT {', '.join(values)} FROM asked AS a "
        f"LEFT JOIN errors AS e ON e.{RECORD} = a.{RECORD} "
        f"LEFT JOIN {quote(points)} AS n ON n.{SERIES} = a.{SERIES} "
        f"AND n.{STEP} = a.{ORIGIN} + a.step - a.season * {seasons} {target if label else ''}"
        f") AS keys({', '.join(names)}) ORDER BY row"
    )
