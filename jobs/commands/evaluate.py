"""Evaluate job: metrics on the holdout with confidence intervals, a report page, and the gate's verdict.

Writes ``evaluation/``: ``metrics.json`` (in the model registry's format), ``report.json`` (everything),
``evaluation.html`` (the same as a page), ``evaluation.png`` (its charts), ``model_card.json`` (in SageMaker's
schema), ``gate.json`` (the gate's conditions and results). When the input ``trained_on``
(the features job's statistics of raw rows) exists, it also writes ``baseline/``, which monitoring compares
windows with (see `jobs.performance`).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from jobs import performance
from jobs.answers import AnswerShape
from jobs.database import connect, parquet
from jobs.errors import InputError
from jobs.evaluation.answers import read_models
from jobs.evaluation.calibration import calibration_of
from jobs.evaluation.gain import GainError, read_gain
from jobs.evaluation.holdout import dependent_rows, read_holdout
from jobs.evaluation.importance import Importance, measure_importance, read_permuted
from jobs.evaluation.known_rows import known_rows
from jobs.evaluation.model_card import CARD, card_text
from jobs.evaluation.registry import registry_metrics
from jobs.evaluation.report import Evaluated, number, read_split
from jobs.evaluation.segments import read_segments
from jobs.evaluation.trials import read_trials, trained_by_best
from jobs.folders import Folders, write_json
from jobs.forecasts.chart_data import read_history
from jobs.forecasts.scored import metrics_by_step, read_forecast_keys
from jobs.gate import CHALLENGER, CHAMPION, comparison, conditions, thresholds, undefined_metric
from jobs.metrics.baselines import measure_baseline
from jobs.metrics.bootstrap import bootstrap_metrics
from jobs.metrics.computing import compute_metrics
from jobs.metrics.rows import Floats, ScoredRows
from jobs.pages.evaluation import draw
from jobs.pages.evaluation_page import to_html
from jobs.plan import Plan
from jobs.predictions import answer_to
from jobs.program import champion_program
from jobs.serving.program import Program
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.tasks import BY_CLASS
from mdlc_constructs.settings.payloads.verdict import Verdict

RECORDS = "holdout"


def run(
    plan: Plan, folders: Folders, memory: str | None = None, progress: Callable[[int], None] | None = None
) -> Verdict:
    """Run the job; returns the verdict for the exit message.

    Args:
        memory: the memory limit of DuckDB, which reads keys and answers. The metrics need more memory, as
            they hold all rows: about 150 MB for a million rows, 250 MB with a champion.
        progress: called with the number of each finished resample.

    Raises:
        InputError: when answers are missing, too many, or not what the task asks for.
    """
    trials = read_trials(folders.optional_input("trials"))
    plan = trained_by_best(plan.read_by("evaluate"), trials)
    threshold = plan.evaluation.threshold
    answers = answer_files(folders, with_champion=plan.champion is not None)
    trained_on = folders.optional_input("trained_on")
    with connect(memory) as (connection, _):
        keys = _keys(folders.input("holdout_keys"))
        series = read_forecast_keys(connection, keys) if plan.dataset.forecast is not None else None
        labels = _numbers(connection, keys, "label") if series is None else series.labels
        weights = _weights(connection, keys) if plan.evaluation.weighted else None
        split = read_split(folders.optional_input("manifest"))
        champion = champion_program(plan, folders) if plan.champion else None
        notes = [*known_rows(connection, keys, champion, split or {}, plan.data_version)] if champion else []
        if weights is not None:
            notes.append(f"Metrics count each row by its weight in {plan.dataset.weight!r}; segments do not.")
        shape = AnswerShape.of(plan.dataset)
        answered = read_models(connection, answers, labels, shape, champion, threshold=threshold)
        notes += answered.notes
        beside = {**read_holdout(connection, keys, plan.dataset.task), "weights": weights}
        notes += dependent_rows(beside.get("units"), split)
        models = {
            name: replace(rows, **beside) if series is None else series.scored(rows, shape)
            for name, rows in answered.models.items()
        }
        metrics = {name: compute_metrics(scored) for name, scored in models.items()}
        bootstrap = bootstrap_metrics(
            models,
            resamples=plan.evaluation.bootstrap,
            seed=plan.evaluation.seed,
            progress=progress,
        )
        if trained_on:
            performance.write(
                connection,
                plan,
                trained_on,
                folders.output("baseline"),
                scores=CHALLENGER,
                groups=models[CHALLENGER].groups,
                performance=performance.measure(
                    *performance.by_row(
                        models[CHALLENGER], metrics[CHALLENGER], bootstrap, seed=plan.evaluation.seed
                    ),
                    errors=performance.model_errors(
                        connection, keys, models[CHALLENGER], seed=plan.evaluation.seed
                    ),
                ),
            )
        segments, unmeasured = read_segments(connection, keys, models[CHALLENGER])
        importance, missing = _importance(connection, plan, folders, keys, answers, models[CHALLENGER])
        chart_data = series.chart_data(read_history(connection, keys)) if series else None
    if np.isnan(labels).all() and plan.dataset.task == "anomaly":
        notes.append("The holdout has no labels: how well the model finds anomalies was not measured.")
        checks = []
    else:
        checks = undefined_metric(plan.dataset.task, metrics[CHALLENGER])
    checks += thresholds(plan.gate, metrics[CHALLENGER])
    checks += comparison(plan.gate, metrics, bootstrap, incomparable=answered.incomparable)
    if not conditions(plan.gate):
        notes.append("The gate has no conditions: it refuses no model that can be measured.")
    evaluated = Evaluated(
        plan=plan,
        models=models,
        metrics=metrics,
        bootstrap=bootstrap,
        checks=checks,
        notes=notes,
        unmeasured=[*unmeasured, *missing],
        segments=segments,
        calibration=calibration_of(models[CHALLENGER]),
        baseline=measure_baseline(models[CHALLENGER]),
        importance=importance,
        split=split,
        steps=metrics_by_step(models[CHALLENGER], series.steps[series.known]) if series else (),
        chart_data=chart_data,
        trials=trials,
    )
    _write(evaluated, folders.output("evaluation"))
    return Verdict(
        passed=evaluated.passed,
        reasons=tuple(check.sentence for check in checks if not check.passed),
        metrics={
            name: number(value, 4)
            for name, value in metrics[CHALLENGER].items()
            # Metrics of single classes may be hundreds, and the exit message has a kilobyte.
            if BY_CLASS not in name or name in conditions(plan.gate)
        },
        rows=len(models[CHALLENGER]),
    )


def _write(evaluated: Evaluated, output: Path) -> None:
    plan, models, metrics = evaluated.plan, evaluated.models, evaluated.metrics
    registered = registry_metrics(
        models[CHALLENGER], metrics[CHALLENGER], evaluated.bootstrap, evaluated.baseline
    )
    write_json(output / "metrics.json", registered)
    write_json(output / "gate.json", _gate(evaluated))
    report = evaluated.to_json()
    write_json(output / "report.json", report)
    picture = output / "evaluation.png"
    draw(plan, models, metrics, evaluated.bootstrap, evaluated.checks, picture, evaluated.chart_data)
    page = to_html(report, picture.read_bytes() if picture.is_file() else None)
    (output / "evaluation.html").write_text(page, encoding="utf-8")
    (output / CARD).write_text(card_text(report, plan), encoding="utf-8")


def _importance(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    folders: Folders,
    keys: Path,
    answers: Mapping[str, Path],
    scored: ScoredRows,
) -> tuple[Importance | None, list[str]]:
    """The importance of each raw column, with the gain in trees if known; notes say what is not known."""
    if plan.importance is None:
        return None, []
    permuted, note = read_permuted(connection, keys, answers[CHALLENGER].parent, AnswerShape.of(plan.dataset))
    if permuted is None:
        return None, [note]
    importance = measure_importance(
        permuted, scored, resamples=plan.evaluation.bootstrap, seed=plan.evaluation.seed
    )
    artifact, program = folders.optional_input("model"), folders.optional_input("program")
    if artifact is None or program is None:
        return importance, []
    try:
        columns = [step.column for step in Program.read(program).steps]
        return importance.with_gain(read_gain(artifact, columns)), []
    except GainError as error:
        return importance, [str(error)]


def answer_files(folders: Folders, *, with_champion: bool) -> dict[str, Path]:
    """The file of answers of challenger and champion.

    The challenger's is in the input ``predictions`` or its subfolder named after it; the champion's is in its
    subfolder there or in the input ``champion_predictions``.

    Raises:
        InputError: when answers are missing.
    """
    predictions = folders.input("predictions")
    own = predictions / CHALLENGER
    files = {CHALLENGER: answer_to(own if own.is_dir() else predictions, RECORDS)}
    if with_champion:
        beside = predictions / CHAMPION
        champion_folder = beside if beside.is_dir() else folders.input("champion_predictions")
        files[CHAMPION] = answer_to(champion_folder, RECORDS)
    return files


def _keys(folder: Path) -> Path:
    keys = folder / "keys.parquet" if folder.is_dir() else folder
    if not keys.is_file():
        raise InputError(f"No holdout keys at {keys}: they are an output of the features job.")
    return keys


def _numbers(connection: duckdb.DuckDBPyConnection, keys: Path, name: str) -> Floats:
    query = f"SELECT CAST({name} AS DOUBLE) AS number FROM {parquet(keys)} ORDER BY row"
    numbers = connection.execute(query).fetchnumpy()["number"]
    return np.ma.filled(np.ma.asarray(numbers, dtype=np.float64), np.nan)


def _weights(connection: duckdb.DuckDBPyConnection, keys: Path) -> Floats:
    """The rows' weights.

    Raises:
        InputError: when the keys have none, or a weight is no number of at least 0.
    """
    held = [str(row[0]) for row in connection.execute(f"DESCRIBE FROM {parquet(keys)}").fetchall()]
    if "weight" not in held:
        raise InputError("The holdout's keys have no weight: name the dataset's weight column.")
    weights = _numbers(connection, keys, "weight")
    if not (weights >= 0).all() or not weights.any():
        raise InputError("The holdout's weights are missing, negative or all 0: give numbers of at least 0.")
    return weights


def _gate(evaluated: Evaluated) -> dict[str, Any]:
    return {
        "passed": evaluated.passed,
        "reasons": [check.sentence for check in evaluated.checks if not check.passed],
        "notes": list(evaluated.notes),
        "checks": [check.to_json() for check in evaluated.checks],
        "gate": encode(evaluated.plan.gate),
    }
