"""Completes a model's baseline in the evaluate job: holdout metrics and statistics of the holdout's scores.

Writes ``baseline/``: ``statistics.json`` and ``constraints.json`` of the raw feature columns and the score,
``sample.parquet`` of raw rows, ``performance.json``. Nothing in it depends on the champion, so that a second
evaluation of a run writes the same.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from jobs import error_rows, error_values
from jobs.answers import AnswerShape
from jobs.database import literal, parquet, quote
from jobs.errors import InputError
from jobs.folders import write_json
from jobs.gate import CHALLENGER
from jobs.metrics.bootstrap import Bootstrap, bootstrap_metrics
from jobs.metrics.computing import compute_metrics
from jobs.metrics.rows import ScoredRows
from jobs.names import free, internal
from jobs.plan import Plan
from jobs.prediction_columns import PredictionColumn, expression, prediction_columns, to_json
from jobs.statistics.baseline import constraints
from jobs.statistics.calibration import fit_calibration
from jobs.statistics.error_model import fit_errors
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
    groups: npt.NDArray[np.int_] | None = None,
) -> None:
    """Write the baseline of a run.

    Args:
        trained_on: the features job's folder with statistics and sample.
        scores: the relation of the challenger's answers: ``row``, ``score`` and ``answer``.
        performance: the result of `measure`.
        groups: the number of each row's group in a ranking.

    Raises:
        InputError: when the folder has no statistics or no sample.
    """
    for name in (STATISTICS, SAMPLE):
        if not (trained_on / name).is_file():
            raise InputError(f"No {name} at {trained_on}: it is an output of the features job.")
    origin = {"model": plan.model, "run": plan.run, "data_version": plan.data_version}
    document = json.loads((trained_on / STATISTICS).read_text(encoding="utf-8"))
    shape = AnswerShape.of(plan.dataset)
    columns = prediction_columns(shape, plan.dataset.columns, grouped=groups is not None)
    document["features"] += _predictions(connection, scores, columns, shape, groups)
    document["mdlc"] = {**origin, "prediction": columns[0].name}
    if len(columns) > 1:
        document["mdlc"]["predictions"] = to_json(columns)
    write_json(output / STATISTICS, document)
    write_json(output / CONSTRAINTS, constraints(document) | {"mdlc": document["mdlc"]})
    write_json(output / PERFORMANCE, {"schema_version": SCHEMA_VERSION, **origin, **performance})
    metadata = ", ".join(f"{name}: {literal(value)}" for name, value in origin.items())
    connection.execute(
        f"COPY (FROM {parquet(trained_on / SAMPLE)}) TO {literal(str(output / SAMPLE))} "
        f"(FORMAT parquet, KV_METADATA {{{metadata}}})"
    )


def _predictions(
    connection: duckdb.DuckDBPyConnection,
    scores: str,
    columns: Sequence[PredictionColumn],
    shape: AnswerShape,
    groups: npt.NDArray[np.int_] | None,
) -> list[Any]:
    """The statistics of the answers, as columns with their names."""
    joined = quote(scores)
    if groups is not None:
        connection.register("row_groups", {"row": np.arange(len(groups)), "place": groups})
        joined = f"{joined} JOIN row_groups USING (row)"
    selected = ", ".join(
        f"{expression(column, shape, score='score', answer='answer', group='place')} AS {quote(column.name)}"
        for column in columns
    )
    named = f"(SELECT row AS {_ROW}, {selected} FROM {joined})"
    rows = connection.execute(f"SELECT count(*) FROM {named}").fetchall()[0][0]
    some = f"(FROM {named} WHERE {_ROW} % {max(1, rows // EDGE_ROWS)} = 0)"
    kinds = {column.name: column.kind for column in columns}
    features: list[Any] = exact_statistics(connection, named, kinds, some=some)["features"]
    return features


def by_row(
    scored: ScoredRows, metrics: Mapping[str, float], bootstrap: Bootstrap, *, seed: int
) -> tuple[ScoredRows, Mapping[str, float], Bootstrap]:
    """Rows, metrics and resamples that count each row once, as the windows of a monitor do.

    Served rows have no weights, so that weighted metrics of the holdout could not be compared with theirs.

    Args:
        seed: of the resampling, which is done again where rows had weights.
    """
    if scored.weights is None:
        return scored, metrics, bootstrap
    once = replace(scored, weights=None)
    again = bootstrap_metrics({CHALLENGER: once}, resamples=bootstrap.resamples, seed=seed)
    return once, compute_metrics(once), again


def measure(
    scored: ScoredRows,
    metrics: Mapping[str, float],
    bootstrap: Bootstrap,
    *,
    errors: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A model's performance on the holdout: metrics with intervals, and what estimates without labels need.

    That is a ``calibration`` of classes, the map from score to rate of positives (see
    `jobs.statistics.calibration`), and in a regression a ``residual``, the errors' means.

    Args:
        errors: the result of `model_errors`; left out when None.
    """
    document = {
        "task": scored.task,
        "rows": len(scored),
        "threshold": scored.threshold,
        "label_mean": scored.label_mean,
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
        "calibration": _calibration(scored),
        "residual": _residual(scored),
    }
    return document if errors is None else {**document, "errors": errors}


def model_errors(
    connection: duckdb.DuckDBPyConnection, keys: Path, scored: ScoredRows, *, seed: int
) -> dict[str, Any] | None:
    """The model of a regression's errors by raw values and score, if it can be fitted.

    See `jobs.statistics.error_model`.

    Args:
        keys: the holdout's keys, with `error_rows.FILE` beside them.
    """
    path = keys.with_name(error_rows.FILE)
    if scored.task not in error_rows.TASKS or not path.is_file():
        return None
    rows, values = error_values.read_inputs(connection, path)
    error, score = np.abs(scored.labels - scored.scores)[rows], free("score", values)
    targets = {"absolute": error, "squared": error**2}
    # Numbered anew, as the sample may lack some.
    units = None if scored.units is None else np.unique(scored.units[rows], return_inverse=True)[1]
    values = {**values, score: scored.scores[rows]}
    return {"score": score, **fit_errors(values, targets, seed=seed, units=units)}


def _calibration(scored: ScoredRows) -> dict[str, Any] | None:
    """The calibration of a binary model, or of each class by name under ``classes``."""
    if scored.task == "binary":
        return fit_calibration(scored.scores, scored.labels)
    if scored.task != "multiclass" or scored.answers is None:
        return None
    return {
        "classes": {
            name: fit_calibration(scored.answers[:, place], (scored.labels == place).astype(np.float64))
            for place, name in enumerate(scored.names)
        }
    }


def _residual(scored: ScoredRows) -> dict[str, float] | None:
    if scored.task not in ("regression", "forecast"):
        return None
    error = scored.labels - scored.scores
    return {"mean_absolute": float(np.abs(error).mean()), "rmse": float(np.sqrt((error**2).mean()))}


def _number(value: float) -> float | None:
    """The number for JSON; None for NaN."""
    return None if np.isnan(value) else float(value)
