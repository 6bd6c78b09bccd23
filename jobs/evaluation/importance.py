"""Permutation importance: how much the main metric loses on the holdout when one raw column is permuted.

The features job permuted the columns (see `jobs.permuted_rows`), and the transform job scored the permuted
rows, so this works for every algorithm and container. A bootstrap of rows, the same for the original and the
permuted scores, gives the interval; as each row was permuted on its own, it covers the permutation's
randomness too. In a ranking whole groups are sampled and drawn; rows that the split keeps together are drawn
together.

Columns that say the same (such as a distance in miles and in kilometres) share their importance: permuting
one of them costs little, because the model still has the other.

Source: Breiman (2001), Random forests, section 10.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from jobs.answer_arrays import read_answers
from jobs.answers import AnswerShape
from jobs.database import parquet
from jobs.metrics.bootstrap import resampling
from jobs.metrics.computing import compute_metric
from jobs.metrics.rows import Floats, ScoredRows
from jobs.permuted_rows import INDEX, MIN_ROWS, RECORDS
from jobs.predictions import faults, load_answers, optional_answer_to
from mdlc_constructs.settings.payloads.tasks import higher_is_better, main_metric

CONFIDENCE = 0.95
_TABLE = "permuted_scores"


@dataclass(frozen=True, kw_only=True)
class ColumnImportance:
    """How much worse the metric gets without what a column says; negative when it gets better.

    Args:
        value: the loss; None when the metric is not defined on the sample.
        gain: the column's share of all the improvement of the training loss by the trees' splits; None when
            the model's format does not tell.
    """

    column: str
    value: float | None
    low: float | None
    high: float | None
    gain: float | None = None


@dataclass(frozen=True, kw_only=True)
class Importance:
    """The importance of every raw column, the most important first.

    Args:
        rows: the number of the holdout's rows in which columns were permuted.
        repeats: how often each column was permuted in them.
        baseline: the metric on these rows before.
    """

    metric: str
    rows: int
    repeats: int
    baseline: float | None
    columns: tuple[ColumnImportance, ...]
    confidence: float = CONFIDENCE

    def to_json(self) -> dict[str, Any]:
        """The importance for ``report.json``."""
        return asdict(self)

    def with_gain(self, gain: Mapping[str, float]) -> "Importance":
        """A copy with the columns' shares of the gain."""
        columns = tuple(replace(column, gain=gain.get(column.column, 0.0)) for column in self.columns)
        return replace(self, columns=columns)


@dataclass(frozen=True, kw_only=True)
class Permuted:
    """The scores of the permuted rows: by column, an array of one row for each repeat.

    Args:
        rows: numbers of the holdout's rows, in the order of the scores.
        answers: all numbers of each answer, of shape (repeats, rows, k); None for answers of one number.
    """

    rows: np.ndarray[Any, np.dtype[np.intp]]
    scores: Mapping[str, Floats]
    answers: Mapping[str, Floats] | None = None


def read_permuted(
    connection: duckdb.DuckDBPyConnection, keys: Path, predictions: Path, shape: AnswerShape
) -> tuple[Permuted | None, str]:
    """The challenger's scores of the permuted rows; None with a note when there are none that can be used.

    A missing importance never fails an evaluation: a step of the team's own may score the holdout only.

    Args:
        keys: the folder of the holdout's keys, with the index of the permuted rows.
        predictions: the folder of the challenger's answers.
    """
    index = keys / INDEX if keys.is_dir() else keys.parent / INDEX
    if not index.is_file():
        return None, (
            f"No permutation importance: importance_rows allow less than {MIN_ROWS} rows for each column, or "
            "the holdout has fewer."
        )
    answers = optional_answer_to(predictions, RECORDS)
    if answers is None:
        return None, "No permutation importance: the permuted rows were not scored with the holdout."
    named = connection.execute(f'SELECT "column", "repeat", "row" FROM {parquet(index)}').fetchnumpy()
    load_answers(connection, answers, _TABLE, shape)
    about = "No permutation importance: the answers to the permuted rows"
    wrong = faults(connection, _TABLE, rows=len(named["row"]), shape=shape, about=about)
    if wrong:
        return None, wrong[0]
    return _grouped(named, *read_answers(connection, _TABLE, shape)), ""


def _grouped(named: Mapping[str, Any], scores: Floats, numbers: Floats | None) -> Permuted:
    repeats = int(named["repeat"].max()) + 1
    columns = list(dict.fromkeys(map(str, named["column"])))
    blocks = scores.reshape(len(columns), repeats, -1)
    rows = blocks.shape[2]
    several = None if numbers is None else numbers.reshape(len(columns), repeats, rows, -1)
    return Permuted(
        rows=np.asarray(named["row"][:rows], dtype=np.intp),
        scores=dict(zip(columns, blocks, strict=True)),
        answers=None if several is None else dict(zip(columns, several, strict=True)),
    )


def measure_importance(permuted: Permuted, scored: ScoredRows, *, resamples: int, seed: int) -> Importance:
    """The importance of each column.

    Args:
        scored: all rows of the holdout with the challenger's scores.
        resamples: the number of bootstrap resamples.
        seed: of the bootstrap.
    """
    metric = main_metric(scored.task)
    sign = 1.0 if higher_is_better(metric) else -1.0
    sample = scored.take(permuted.rows)
    columns = {
        name: [
            replace(
                sample, scores=scores, answers=permuted.answers[name][repeat] if permuted.answers else None
            )
            for repeat, scores in enumerate(repeated)
        ]
        for name, repeated in permuted.scores.items()
    }
    rows = len(permuted.rows)
    generator, draw = np.random.default_rng(seed), resampling(sample)
    whole = np.ones(rows)
    drawn = [draw(generator) for _ in range(resamples)]
    before = compute_metric(metric, sample, whole)
    resampled = np.array([compute_metric(metric, sample, counts) for counts in drawn])

    def loss(models: Sequence[ScoredRows], counts: Floats, original: float) -> float:
        # Differences are averaged, so that equal metrics give 0 without a rounding error.
        return float(np.mean([sign * (original - compute_metric(metric, model, counts)) for model in models]))

    measured = []
    for name, models in columns.items():
        losses = np.array(
            [loss(models, counts, original) for counts, original in zip(drawn, resampled, strict=True)]
        )
        low, high = _interval(losses)
        measured.append(
            ColumnImportance(column=name, value=_number(loss(models, whole, before)), low=low, high=high)
        )
    measured.sort(key=lambda column: (column.value is None, -(column.value or 0.0), column.column))
    return Importance(
        metric=metric,
        rows=rows,
        repeats=len(next(iter(columns.values()))),
        baseline=_number(before),
        columns=tuple(measured),
    )


def _interval(losses: Floats) -> tuple[float | None, float | None]:
    """The percentile interval; None without a resample that defines the loss."""
    defined = losses[~np.isnan(losses)]
    if len(defined) == 0:
        return None, None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
