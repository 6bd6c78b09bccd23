"""The time until which a window's labels are known; a retraining's holdout ends there.

One row with a wrong event time in a later year would move that time beyond all labels. So times far above the
others (outliers) are ignored and counted.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from jobs.database import literal, single
from jobs.names import EVENT_TIME, LABEL, SERVED_AT
from mdlc_constructs.settings.payloads.moments import Interval

QUARTERS, WINDOWS = 8, 2
"""An event time is an outlier when its distance above the median is more than `QUARTERS` times the distance
from the lower quartile to the median, and more than `WINDOWS` times the window's length. (Rows spread evenly
over the window reach half a length above the median.) Times far below are not outliers. Up to half of the
rows may be wrong."""

_TIME = f"coalesce({EVENT_TIME}, {SERVED_AT})"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The latest event time without outliers, ISO 8601, and the number of labelled rows that are outliers."""

    until: str | None = None
    beyond: int = 0


def reach(connection: duckdb.DuckDBPyConnection, window: Interval) -> Reach:
    """The label horizon of the view ``judged``, by event time, or served time where a row has none."""
    start, end = (f"epoch(CAST({literal(str(side))} AS TIMESTAMPTZ))" for side in (window.start, window.end))
    until, beyond = single(
        connection,
        f"""
        WITH times(moment, t) AS (SELECT {_TIME}, epoch({_TIME}) FROM judged
            WHERE {LABEL} IS NOT NULL AND isfinite({_TIME})),
        middle AS (SELECT quantile_disc(t, 0.5) AS half, quantile_disc(t, 0.25) AS quarter FROM times),
        limits AS (SELECT half + greatest({QUARTERS} * (half - quarter), {WINDOWS} * ({end} - {start})) AS far
            FROM middle)
        SELECT max(moment) FILTER (WHERE t <= far), count(*) FILTER (WHERE t > far) FROM times, limits
        """,
    )
    if not isinstance(until, datetime):
        return Reach()
    return Reach(until=until.replace(tzinfo=UTC).isoformat(), beyond=int(str(beyond)))
