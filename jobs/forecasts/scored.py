"""The holdout of a forecast as scored rows: each step of each series and origin, with what metrics need."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from jobs.answers import AnswerShape
from jobs.database import parquet
from jobs.forecasts.chart_data import ChartData
from jobs.metrics.computing import compute_metrics
from jobs.metrics.forecast import horizon_blocks
from jobs.metrics.rows import Floats, ScoredRows

BY_STEP = ("wql", "mae", "coverage")
"""The metrics that the report has for each step ahead."""


@dataclass(frozen=True, kw_only=True)
class ForecastKeys:
    """What the keys say of the holdout's rows, in their order.

    Attributes:
        labels: NaN where the value is not known.
        entities: the series of each row.
        times: of what is predicted.
        origins: the time of the last known point.
        steps: from 1.
    """

    labels: Floats
    entities: npt.NDArray[Any]
    times: npt.NDArray[Any]
    origins: npt.NDArray[Any]
    steps: npt.NDArray[np.int_]
    scale: Floats
    naive: Floats

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which rows have a label."""
        return ~np.isnan(self.labels)

    def chart_data(self, history: Mapping[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]]) -> ChartData:
        """What the charts need of the rows with a label."""
        known = self.known
        return ChartData(
            entities=self.entities[known],
            times=self.times[known],
            origins=self.origins[known],
            steps=self.steps[known],
            history=history,
        )

    def scored(self, rows: ScoredRows, shape: AnswerShape) -> ScoredRows:
        """The rows with a label, of a model's answers to all rows."""
        groups = np.unique(self.entities, return_inverse=True)[1].reshape(-1)
        origins = np.unique(self.origins, return_inverse=True)[1].reshape(-1)
        return ScoredRows(
            labels=self.labels,
            scores=rows.scores,
            task=shape.task,
            answers=rows.answers,
            names=shape.names,
            groups=groups,
            blocks=horizon_blocks(groups, origins, self.steps),
            scale=self.scale,
            naive=self.naive,
        ).take(self.known)


def read_forecast_keys(connection: duckdb.DuckDBPyConnection, keys: Path) -> ForecastKeys:
    """The keys of a holdout, from the features job's file."""
    columns = connection.execute(
        "SELECT CAST(label AS DOUBLE) AS label, entity, event_time, origin, CAST(step AS BIGINT) AS step, "
        f"scale, naive FROM {parquet(keys)} ORDER BY row"
    ).fetchnumpy()
    held: dict[str, Any] = {name: np.ma.filled(column, np.nan) if name in ("label", "scale", "naive") else
        np.asarray(column) for name, column in columns.items()}  # fmt: skip
    return ForecastKeys(
        labels=held["label"],
        entities=held["entity"].astype(str),
        times=held["event_time"],
        origins=held["origin"],
        steps=held["step"],
        scale=held["scale"],
        naive=held["naive"],
    )


def metrics_by_step(scored: ScoredRows, steps: npt.NDArray[np.int_]) -> list[Mapping[str, float]]:
    """The metrics of `BY_STEP` for each step ahead that has labels.

    Args:
        steps: of the scored rows.
    """
    by_step: list[Mapping[str, float]] = []
    for step in np.unique(steps):
        metrics = compute_metrics(scored.take(steps == step))
        by_step.append({"step": int(step), **{name: float(metrics[name]) for name in BY_STEP}})
    return by_step
