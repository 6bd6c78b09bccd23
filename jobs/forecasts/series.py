"""The points of series as a table: which series, which step, the target's value and the known features.

`make_points` makes the table. Its columns are the dataset's entity and timestamp by their own names, the
internal ones below, and `feature_name` for each feature of the program, in the model's order.
"""

import duckdb

from jobs.database import quote
from jobs.forecasts.steps import step_number
from jobs.names import internal
from jobs.program import to_sql
from jobs.roles import entity, event_time, label_number
from jobs.serving.program import Program
from mdlc_constructs.settings.payloads.dataset import DatasetSection, ForecastSection

SERIES, STEP, VALUE = internal("series"), internal("step"), internal("value")
"""A point's series as text, the number of its step (see `jobs.forecasts.steps`), and its target or NULL."""

_AT, _WHO = internal("at"), internal("who")


def forecast_of(dataset: DatasetSection) -> ForecastSection:
    """The forecast's section of a dataset of that task."""
    assert dataset.forecast is not None
    return dataset.forecast


def value(dataset: DatasetSection) -> str:
    """The SQL expression of the target; NULL when it is missing or not finite."""
    number = label_number(dataset)
    return f"CASE WHEN isfinite({number}) THEN {number} END"


def feature_name(place: int) -> str:
    """The name of a feature in the table of points, by its place in the program."""
    return internal(f"feature{place}")


def make_points(
    connection: duckdb.DuckDBPyConnection,
    dataset: DatasetSection,
    program: Program,
    relation: str,
    table: str,
) -> None:
    """Make the table of points of a relation of raw rows; rows before a series' first value are left out."""
    time = event_time(dataset)
    number = step_number(forecast_of(dataset).frequency, time)
    keyed = f"{time} IS NOT NULL AND {quote(str(dataset.entity))} IS NOT NULL"
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {quote(table + '_rows')} AS SELECT *, {entity(dataset)} AS {SERIES}, "
        f"{number} AS {STEP}, {value(dataset)} AS {VALUE}, {time} AS {_AT}, "
        f"{quote(str(dataset.entity))} AS {_WHO} FROM {quote(relation)} WHERE {keyed}"
    )
    names = [quote(str(dataset.entity)), time, SERIES, STEP, VALUE]
    names += [feature_name(place) for place in range(len(program.steps))]
    query = to_sql(program, f"{table}_rows", leading=[_WHO, _AT, SERIES, STEP, VALUE])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {quote(table)} AS SELECT * "
        f"FROM ({query}) AS points({', '.join(names)}) "
        f"QUALIFY {STEP} >= min({STEP}) FILTER (WHERE {VALUE} IS NOT NULL) OVER (PARTITION BY {SERIES})"
    )
