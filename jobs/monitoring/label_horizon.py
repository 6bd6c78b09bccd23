"""Until when a window's labels reach, which is where a retraining's holdout ends.

A single row whose event time is a typing error in a later year would move that end behind all labels. So
times far above the others are left out, and counted.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from jobs.database import literal, single
from jobs.names import EVENT_TIME, LABEL, SERVED_AT
from mdlc_constructs.settings.payloads.moments import Interval

QUARTERS, WINDOWS = 8, 2
"""What is far above the median of event times: further than `QUARTERS` times the way from the lower quarter
up to the median, and than `WINDOWS` times the window's length. Rows spread evenly over the window reach half
a length above it. What is far below does not count, and up to half of the rows may be wrong."""

_TIME = f"coalesce({EVENT_TIME}, {SERVED_AT})"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The last event time that counts, ISO, and how many labelled rows have one far above it."""

    until: str | None = None
    beyond: int = 0


def reach(connection: duckdb.DuckDBPyConnection, window: Interval) -> Reach:
    """How far the labelled rows of the view ``judged`` reach; served time where a row has no event time."""
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
