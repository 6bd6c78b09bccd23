"""The expected errors of a regression's answers, by the model of errors that was fitted on the holdout."""

import math
from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np

from jobs.error_rows import modelled_columns
from jobs.error_values import values_of
from jobs.metrics.rows import Floats
from jobs.names import INFERENCE_ID, LABEL, SCORE, SERVED_AT
from jobs.statistics.error_model import Values, expected_errors

METHOD = "error model"
MAX_ROWS = 200_000
"""Of more rows than these a sample is estimated, chosen by their inference ids."""


def estimate_errors(
    connection: duckdb.DuckDBPyConnection, model: Mapping[str, Any], features: Mapping[str, str]
) -> dict[str, Any] | None:
    """The section ``estimate`` of the summary; None without rows.

    ``error`` is the estimate for the labelled rows minus their actual metrics. ``explained`` is the share of
    the absolute errors' variance that the model explained in rows that it was not fitted on; with 0 the
    estimate is the holdout's error.

    Args:
        model: the entry ``errors`` of ``performance.json``.
        features: the raw columns that the model reads and callers send, with declared types.
    """
    kinds = modelled_columns(features)
    source = f"FROM (FROM judged ORDER BY hash({INFERENCE_ID}), {SERVED_AT}, {SCORE} LIMIT {MAX_ROWS})"
    values, (scores, labels) = values_of(connection, source, kinds, also=[SCORE, f"CAST({LABEL} AS DOUBLE)"])
    if not len(scores):
        return None
    values[model["score"]] = scores
    known = np.isfinite(labels)
    error = None
    if known.any():
        off = labels[known] - scores[known]
        truth = {"rmse": math.sqrt(float((off**2).mean())), "mae": float(np.abs(off).mean())}
        guessed = _expected(model, {name: column[known] for name, column in values.items()})
        error = {name: guessed[name] - truth[name] for name in guessed}
    return {
        "metrics": _expected(model, values),
        "method": METHOD,
        "error": error,
        "explained": model["absolute"]["explained"],
    }


def _expected(model: Mapping[str, Any], values: Values) -> dict[str, float]:
    absolute: Floats = expected_errors(model["absolute"], values)
    squared: Floats = expected_errors(model["squared"], values)
    return {"rmse": math.sqrt(float(squared.mean())), "mae": float(absolute.mean())}
