"""Our side of the benchmark of truth: what the monitor's code finds in each window of a public set."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from benchmarks.truth_data import TRUTH, TruthSet
from jobs.answers import AnswerShape
from jobs.database import connect, literal, parquet, quote
from jobs.error_rows import modelled_columns
from jobs.error_values import values_of
from jobs.metrics.bootstrap import bootstrap_metrics
from jobs.metrics.computing import compute_metrics
from jobs.metrics.rows import Floats, ScoredRows
from jobs.monitoring.changes import WORSE, changes
from jobs.monitoring.drift_comparison import moved_a_little
from jobs.monitoring.estimate import expected_metrics
from jobs.monitoring.estimate_classes import expected_class_metrics
from jobs.prediction_columns import expression, prediction_columns
from jobs.statistics.baseline import statistics
from jobs.statistics.calibration import fit_calibration
from jobs.statistics.drift import drift
from jobs.statistics.error_model import expected_errors, fit_errors
from jobs.statistics.sampling import sample_query
from mdlc_constructs.settings.payloads.job_plan import Thresholds

RESAMPLES, SEED = 200, 1
SAMPLE_ROWS = 10_000  # of the baseline, as in training
ERROR_ROWS = 20_000


def measure(truth_set: TruthSet, reference: Path, analysis: Path, size: int) -> dict[str, Any]:
    """The result for each window of ``size`` rows, and the metrics of the reference.

    The reference is what the holdout is in training: baseline of the columns, calibration, model of errors.
    """
    with connect() as (connection, _):
        for name, path in (("reference", reference), ("analysis", analysis)):
            connection.execute(
                f"CREATE TABLE {name} AS SELECT {_columns(truth_set)}, {TRUTH}, "
                f"row_number() OVER () - 1 AS place FROM {parquet(path)}"
            )
        kinds = {**truth_set.columns, **_answers(truth_set)}
        baseline = statistics(connection, "reference", kinds)
        query = sample_query(
            "reference", truth_set.columns, taken=list(truth_set.columns), rows=SAMPLE_ROWS, seed=SEED
        )
        connection.execute(f"CREATE TABLE sample AS {query}")
        before = _scored(connection, truth_set, "reference")
        holdout = _with_intervals(before)
        estimator = _estimator(connection, truth_set, before)
        rows = int(connection.execute("SELECT count(*) FROM analysis").fetchall()[0][0])
        windows = []
        for start in range(0, rows - size + 1, size):
            connection.execute(
                "CREATE OR REPLACE VIEW served AS FROM analysis "
                f"WHERE place >= {start} AND place < {start + size}"
            )
            windows.append(_window(connection, truth_set, baseline, holdout, estimator))
        return {"reference": {name: entry["value"] for name, entry in holdout.items()}, "windows": windows}


def _columns(truth_set: TruthSet) -> str:
    shape = AnswerShape(task=truth_set.task, names=truth_set.classes)
    answer = f"[{', '.join(truth_set.scores)}]"
    score = shape.score(answer) if shape.several else truth_set.scores[0]
    answers = [
        f"{expression(column, shape, score=score, answer=answer, group='NULL')} AS {quote(column.name)}"
        for column in prediction_columns(shape, truth_set.columns, grouped=False)
    ]
    typed = [
        f"CAST({name} AS VARCHAR) AS {name}" for name, kind in truth_set.columns.items() if kind != "number"
    ]
    numbers = [name for name, kind in truth_set.columns.items() if kind == "number"]
    return ", ".join([*numbers, *typed, *answers])


def _answers(truth_set: TruthSet) -> dict[str, str]:
    shape = AnswerShape(task=truth_set.task, names=truth_set.classes)
    return {c.name: c.kind for c in prediction_columns(shape, truth_set.columns, grouped=False)}


def _scored(connection: duckdb.DuckDBPyConnection, truth_set: TruthSet, relation: str) -> ScoredRows:
    classes = truth_set.classes
    label = f"list_position([{', '.join(map(literal, classes))}], {TRUTH}) - 1" if classes else TRUTH
    probabilities = [quote(f"probability:{name}") for name in classes]
    columns = ", ".join([f"CAST({label} AS DOUBLE)", "score", *probabilities])
    arrays = connection.execute(f"SELECT {columns} FROM {relation} ORDER BY place").fetchnumpy()
    labels, scores, *answers = (np.asarray(array, dtype=np.float64) for array in arrays.values())
    return ScoredRows(
        labels=labels,
        scores=scores,
        task=truth_set.task,
        answers=np.stack(answers, axis=1) if answers else None,
        names=classes,
    )


def _with_intervals(scored: ScoredRows) -> dict[str, dict[str, float]]:
    bootstrap = bootstrap_metrics({"model": scored}, resamples=RESAMPLES, seed=SEED)
    measured = {}
    for name, value in compute_metrics(scored).items():
        low, high = bootstrap.interval("model", name)
        measured[name] = {"value": value, "low": low, "high": high}
    return measured


def _window(
    connection: duckdb.DuckDBPyConnection,
    truth_set: TruthSet,
    baseline: Mapping[str, Any],
    holdout: Mapping[str, Mapping[str, float]],
    estimator: Any,
) -> dict[str, Any]:
    from jobs.statistics.domain_classifier import joint_drift

    thresholds = Thresholds()
    report = drift(connection, "served", baseline, thresholds)
    together = joint_drift("sample", connection, "served", truth_set.columns, SEED, thresholds)
    scored = _scored(connection, truth_set, "served")
    measured = _with_intervals(scored)
    verdicts = changes(measured, holdout, scored, None, thresholds.alpha)
    answers = _answers(truth_set)
    return {
        "columns": [column.name for column in report.drifted if column.name not in answers],
        "answers": [column.name for column in report.drifted if column.name in answers],
        "joint": bool(together and together.drifted),
        "moved": [name for name in moved_a_little(report) if name not in answers],
        "psi": {c.name: c.measures.get("psi") for c in report.columns if c.name not in answers},
        "realized": {name: entry["value"] for name, entry in measured.items()},
        "worse": [name for name, verdict in verdicts.items() if verdict == WORSE],
        "estimated": estimator("served", scored),
    }


def _estimator(connection: duckdb.DuckDBPyConnection, truth_set: TruthSet, before: ScoredRows) -> Any:
    if truth_set.task == "regression":
        model = _error_model(connection, truth_set, before)

        def of_errors(relation: str, scored: ScoredRows) -> dict[str, float]:
            values = {**_values(connection, truth_set, relation), "score": scored.scores}
            absolute, squared = (expected_errors(model[name], values) for name in ("absolute", "squared"))
            return {"mae": float(absolute.mean()), "rmse": float(np.sqrt(squared.mean()))}

        return of_errors
    if before.answers is None:
        calibration = fit_calibration(before.scores, before.labels)
        return lambda relation, scored: expected_metrics(scored.scores, calibration, scored.threshold)
    calibrations = {
        name: fit_calibration(before.answers[:, place], (before.labels == place).astype(np.float64))
        for place, name in enumerate(before.names)
    }
    return lambda relation, scored: expected_class_metrics(scored.answers, calibrations, before.names)


def _values(connection: duckdb.DuckDBPyConnection, truth_set: TruthSet, relation: str) -> dict[str, Any]:
    values, _ = values_of(
        connection, f"FROM {relation} ORDER BY place", modelled_columns(truth_set.columns), also=[]
    )
    return values


def _error_model(
    connection: duckdb.DuckDBPyConnection, truth_set: TruthSet, before: ScoredRows
) -> dict[str, Any]:
    every = -(-len(before) // ERROR_ROWS)
    chosen = np.arange(0, len(before), every)
    values = {**_values(connection, truth_set, "reference"), "score": before.scores}
    error: Floats = np.abs(before.labels - before.scores)[chosen]
    return fit_errors(
        {name: column[chosen] for name, column in values.items()},
        {"absolute": error, "squared": error**2},
        seed=SEED,
    )
