"""What the charts of a forecast need besides scored rows: series, times and steps of the rows, and history.

The features job writes the last steps before the holdout of some series beside the keys, because the evaluate
job does not see raw rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from jobs.database import parquet, quote
from jobs.forecasts.records import ORIGIN, ORIGINS
from jobs.forecasts.series import SERIES, STEP, VALUE, forecast_of
from mdlc_constructs.settings.payloads.dataset import DatasetSection

if TYPE_CHECKING:
    import numpy.typing as npt

FILE = "history.parquet"
MAX_SERIES, HORIZONS = 200, 3
"""How many series have a history, the first by name, and for how many horizons."""


@dataclass(frozen=True, kw_only=True)
class ChartData:
    """The rows of a holdout that have a label, in the order of their scored rows.

    Attributes:
        history: times and values before the holdout, by series.
    """

    entities: npt.NDArray[Any]
    times: npt.NDArray[Any]
    origins: npt.NDArray[Any]
    steps: npt.NDArray[Any]
    history: Mapping[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]] = field(default_factory=dict)


def history_query(dataset: DatasetSection, points: str) -> str:
    """The SQL query of the last known steps before the first origin of each series of the table `ORIGINS`."""
    length = HORIZONS * forecast_of(dataset).horizon
    return (
        f"SELECT p.{SERIES} AS entity, p.{quote(str(dataset.timestamp))} AS event_time, p.{VALUE} AS label "
        f"FROM {quote(points)} AS p JOIN (SELECT {SERIES}, min({ORIGIN}) AS {ORIGIN} FROM {ORIGINS} "
        f"GROUP BY 1 ORDER BY 1 LIMIT {MAX_SERIES}) AS o ON o.{SERIES} = p.{SERIES} "
        f"AND p.{STEP} <= o.{ORIGIN} AND p.{STEP} > o.{ORIGIN} - {length} WHERE p.{VALUE} IS NOT NULL "
        f"ORDER BY p.{SERIES}, p.{STEP}"
    )


def read_history(
    connection: duckdb.DuckDBPyConnection, keys: Path
) -> dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    """The history by series; empty without the file."""
    path = (keys if keys.is_dir() else keys.parent) / FILE
    if not path.is_file():
        return {}
    columns = connection.execute(f"SELECT entity, event_time, label FROM {parquet(path)}").fetchnumpy()
    entities = columns["entity"].astype(str)
    return {
        name: (columns["event_time"][entities == name], columns["label"][entities == name])
        for name in dict.fromkeys(entities)
    }
