"""Completes a model's baseline in the evaluate job: holdout metrics and statistics of the holdout's scores.

Writes ``baseline/``: ``statistics.json`` and ``constraints.json`` of the raw feature columns and the score,
``sample.parquet`` of raw rows, ``performance.json``. Nothing in it depends on the champion, so that a second
evaluation of a run writes the same.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from jobs.database import literal, parquet, quote
from jobs.errors import InputError
from jobs.folders import write_json
from jobs.gate import CHALLENGER
from jobs.metrics.bootstrap import Bootstrap
from jobs.metrics.rows import ScoredRows
from jobs.names import free, internal
from jobs.plan import Plan
from jobs.statistics.baseline import constraints
from jobs.statistics.calibration import fit_calibration
from jobs.statistics.exact import exact_statistics
from jobs.trained_on import EDGE_ROWS, SAMPLE, STATISTICS

CONSTRAINTS, PERFORMANCE = "constraints.json", "performance.json"
SCHEMA_VERSION = 1
_ROW = internal("row")


def write(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    trained_on: Path,
    output: Path,
    *,
    scores: str,
    performance: Mapping[str, Any],
) -> None:
    """Write the baseline of a run.

    Args:
        trained_on: the features job's folder with statistics and sample.
        scores: the relation of the challenger's answers, ``row`` and ``score``.
        performance: the result of `measure`.

    Raises:
        InputError: when the folder has no statistics or no sample.
    """
    for name in (STATISTICS, SAMPLE):
        if not (trained_on / name).is_file():
            raise InputError(f"No {name} at {trained_on}: it is an output of the features job.")
    origin = {"model": plan.model, "run": plan.run, "data_version": plan.data_version}
    document = json.loads((trained_on / STATISTICS).read_text(encoding="utf-8"))
    prediction = free("score", plan.dataset.columns)
    document["features"].append(_score(connection, scores, prediction))
    document["mdlc"] = {**origin, "prediction": prediction}
    write_json(output / STATISTICS, document)
    write_json(output / CONSTRAINTS, constraints(document) | {"mdlc": document["mdlc"]})
    write_json(output / PERFORMANCE, {"schema_version": SCHEMA_VERSION, **origin, **performance})
    metadata = ", ".join(f"{name}: {literal(value)}" for name, value in origin.items())
    connection.execute(
        f"COPY (FROM {parquet(trained_on / SAMPLE)}) TO {literal(str(output / SAMPLE))} "
        f"(FORMAT parquet, KV_METADATA {{{metadata}}})"
    )


def _score(connection: duckdb.DuckDBPyConnection, scores: str, name: str) -> Any:
    """The statistics of the scores, as a column with that name."""
    named = f"(SELECT {_ROW}, {quote(name)} FROM {quote(scores)} AS scores({_ROW}, {quote(name)}))"
    rows = connection.execute(f"SELECT count(*) FROM {named}").fetchall()[0][0]
    some = f"(FROM {named} WHERE {_ROW} % {max(1, rows // EDGE_ROWS)} = 0)"
    return exact_statistics(connection, named, {name: "number"}, some=some)["features"][0]


def measure(scored: ScoredRows, metrics: Mapping[str, float], bootstrap: Bootstrap) -> dict[str, Any]:
    """A model's performance on the holdout: metrics with intervals, and calibration or residuals.

    A binary model has a ``calibration``, the map from score to rate of positives (see
    `jobs.statistics.calibration`); a regression has a ``residual``, the errors' means.
    """
    binary = scored.task == "binary"
    error = scored.labels - scored.scores
    return {
        "task": scored.task,
        "rows": len(scored.labels),
        "threshold": scored.threshold,
        "label_mean": float(scored.labels.mean()),
        "metrics": {
            name: dict(
                zip(
                    ("value", "low", "high"),
                    map(_number, (value, *bootstrap.interval(CHALLENGER, name))),
                    strict=True,
                )
            )
            for name, value in metrics.items()
        },
        "calibration": fit_calibration(scored.scores, scored.labels) if binary else None,
        "residual": None
        if binary
        else {
            "mean_absolute": float(np.abs(error).mean()),
            "rmse": float(np.sqrt((error**2).mean())),
        },
    }


def _number(value: float) -> float | None:
    """The number for JSON; None for NaN."""
    return None if np.isnan(value) else float(value)
