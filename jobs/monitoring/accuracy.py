"""Accuracy of the monitored version by late labels: each metric with its confidence interval."""

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from jobs.database import quote, single
from jobs.metrics.bootstrap import bootstrap_metrics
from jobs.metrics.computing import compute_metrics
from jobs.metrics.multiclass import classes_left_out
from jobs.metrics.rows import Floats, ScoredRows
from jobs.monitoring.settings import Settings
from jobs.names import ANSWER, INFERENCE_ID, LABEL, ROW_KEY, SCORE, SERVED_AT

MODEL = "model"

Groups = npt.NDArray[np.int_]


IDENTITY = f"coalesce({ROW_KEY}, {INFERENCE_ID})"
"""The SQL expression that identifies what a row is about: rows with the same key have the same label."""


def answer_columns(names: Sequence[str]) -> list[str]:
    """The SQL expressions of the numbers of an answer; none for answers of one number."""
    return [f"{ANSWER}[{place}]" for place in range(1, len(names) + 1)]


def read_answers(columns: Sequence[Any]) -> Floats | None:
    """The numbers that `answer_columns` selected, of shape (n, k); None for answers of one number."""
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1) if columns else None


def labelled_rows(
    connection: duckdb.DuckDBPyConnection, settings: Settings, task: str, *, also: Sequence[str] = ()
) -> tuple[ScoredRows, list[Any]]:
    """Labels and answers of the labelled rows of the view ``judged``.

    Args:
        also: further SQL expressions, which are returned as a list of columns.
    """
    numbers = answer_columns(settings.names)
    # A row without a group is one of its own.
    group = f"coalesce(CAST({quote(settings.group or '')} AS VARCHAR), {INFERENCE_ID})"
    ranked = [group] if settings.group else []
    selected = ", ".join([LABEL, SCORE, *numbers, *ranked, *also])
    # A fixed order that does not depend on threads, as resamples draw rows by index.
    arrays: dict[str, Any] = connection.execute(
        f"SELECT {selected} FROM judged WHERE {LABEL} IS NOT NULL "
        f"ORDER BY {SERVED_AT}, {INFERENCE_ID}, {SCORE}, {LABEL}"
    ).fetchnumpy()
    labels, scores, *columns = arrays.values()
    scored = ScoredRows(
        labels=np.asarray(labels, dtype=np.float64),
        scores=np.asarray(scores, dtype=np.float64),
        task=task,
        threshold=settings.threshold,
        answers=read_answers(columns[: len(numbers)]),
        names=settings.names,
        groups=number_groups(columns[len(numbers)]) if ranked else None,
    )
    return scored, columns[len(numbers) + len(ranked) :]


def number_groups(keys: Sequence[Any]) -> Groups:
    """The group number of each row, from 0, equal for rows of one key."""
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int_)


def groups_of(keys: Sequence[Any]) -> Groups | None:
    """The group number of each row, equal for rows of one key; None when all keys are different."""
    groups = number_groups(keys)
    return groups if len(groups) and groups.max() + 1 < len(groups) else None


def measure(
    scored: ScoredRows, settings: Settings, groups: Groups | None = None
) -> tuple[dict[str, dict[str, float]], list[str]]:
    """All defined metrics with their bootstrap percentile intervals, and notes on undefined ones.

    Rows are resampled as if they were independent, as in the evaluate job.

    Args:
        groups: the result of `groups_of`: rows of one key have one label and are resampled together.
    """
    if not len(scored.labels):
        return {}, []
    metrics = compute_metrics(scored)
    bootstrap = bootstrap_metrics(
        {MODEL: scored}, resamples=settings.bootstrap, seed=settings.seed, groups=groups
    )
    described = {}
    for name, value in metrics.items():
        low, high = bootstrap.interval(MODEL, name)
        if np.isfinite([value, low, high]).all():
            described[name] = {"value": float(value), "low": low, "high": high}
    undefined = [name for name in metrics if name not in described]
    notes = []
    if undefined:
        why = "labels of one class only" if len(np.unique(scored.labels)) == 1 else "too few labels"
        if scored.task == "multiclass" and (absent := classes_left_out(scored)):
            why = f"labels without {', '.join(map(repr, absent))}"
        notes.append(f"{', '.join(undefined)}: not defined for {why}.")
    return described, notes


def partial_groups(connection: duckdb.DuckDBPyConnection, settings: Settings) -> list[str]:
    """A note on groups of a ranking of which some rows have a label and some have none."""
    if not settings.group:
        return []
    (partial, every) = single(
        connection,
        "SELECT count(*) FILTER (WHERE labelled < members), count(*) FROM (SELECT count(*) AS members, "
        f"count({LABEL}) AS labelled FROM judged WHERE {quote(settings.group)} IS NOT NULL "
        f"GROUP BY {quote(settings.group)}) WHERE labelled > 0",
    )
    if not partial:
        return []
    return [
        f"{int(str(partial)):,} of {int(str(every)):,} groups have rows without a label: only the labelled "
        "rows are ranked."
    ]
