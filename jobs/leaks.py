"""Finds label leaks: single features that predict the label almost perfectly.

For a binary label the measure is the AUC of the feature used as a score; with several classes the mean, over
the classes, of the AUC of one class against the others; for numbers as labels the correlation. Where a value
cannot be a score itself (a category; a number in a multiclass task; a number whose relation to the label is
no line) it is replaced by the mean label of its category, or of its bin, computed on one half of the rows and
evaluated on the other. Otherwise a column of unique names would seem to predict everything.
"""

from dataclasses import dataclass

import duckdb

from jobs.database import quote, single
from jobs.names import LABEL
from mdlc_constructs.settings.payloads.dataset import DatasetSection

MAX_BINS, BIN_ROWS = 64, 20
"""The largest number of bins of a number, and the fewest rows of a bin; equal values are in one bin."""

MIN_ROWS = 30
"""The fewest rows with a value of which a correlation says something."""

_SMOOTHING = 10  # weight, in rows, of the overall mean in each category's smoothed mean


@dataclass(frozen=True, kw_only=True)
class Strength:
    """How well a feature alone predicts the label.

    Attributes:
        value: AUC (0.5 to 1), or correlation (0 to 1) for numbers; of several classes the mean AUC.
        best_class: the class that it tells best from the others; empty without several classes.
        best_value: the AUC of that class.
    """

    value: float
    best_class: str = ""
    best_value: float = 0.0


def strengths(
    connection: duckdb.DuckDBPyConnection, relation: str, dataset: DatasetSection
) -> dict[str, Strength]:
    """How well each feature alone predicts the label; features of which nothing is known are left out.

    Args:
        relation: the labelled rows, with the label as a number in `jobs.names.LABEL`.
    """
    scores = {}
    for name in dataset.features:
        values = [single(connection, query)[0] for query in _queries(name, relation, dataset)]
        # The variance of very large numbers overflows.
        measured = {
            place: float(str(value))
            for place, value in enumerate(values)
            if value is not None and value == value
        }
        if measured and dataset.task == "multiclass":
            best = max(measured, key=measured.__getitem__)
            scores[name] = Strength(
                value=sum(measured.values()) / len(measured),
                best_class=(dataset.classes or ())[best],
                best_value=measured[best],
            )
        elif measured:
            scores[name] = Strength(value=max(measured.values()))
    return scores


def _queries(name: str, relation: str, dataset: DatasetSection) -> list[str]:
    """The queries of a feature's strength: one for each class, or one for each way to use it as a score."""
    category = dataset.columns[name] == "category"
    place = quote(name) if category else _bin(name)
    if dataset.task == "multiclass":
        numbers = range(len(dataset.classes or ()))
        return [
            _auc(_mean_label_score(place, f"CAST({LABEL} = {number} AS INTEGER)", relation, dataset))
            for number in numbers
        ]
    learned = _mean_label_score(place, LABEL, relation, dataset)
    if dataset.task == "binary":
        # A number can be positively or negatively related to the label; a category's mean only positively.
        mirrored = f"SELECT greatest(strength, 1 - strength) FROM ({_auc(_number_score(name, relation))})"
        return [_auc(learned) if category else mirrored]
    if category:
        return [_correlation(learned)]
    line = f"SELECT greatest(strength, -strength) FROM ({_correlation(_number_score(name, relation))})"
    return [line, _correlation(learned)]


def _number(name: str) -> str:
    """The SQL expression of a number; missing values count as the lowest, as they may predict the label."""
    return f"coalesce(CAST({quote(name)} AS DOUBLE), CAST('-inf' AS DOUBLE))"


def _bin(name: str) -> str:
    """The SQL expression of a number's bin, of about equal numbers of rows."""
    bins = f"least({MAX_BINS}, greatest(2, count(*) OVER () // {BIN_ROWS}))"
    return f"(rank() OVER (ORDER BY {_number(name)}) - 1) * {bins} // count(*) OVER ()"


def _number_score(name: str, relation: str) -> str:
    """The query of values and labels."""
    return f"SELECT {_number(name)}, {LABEL} FROM {relation}"


def _mean_label_score(value: str, label: str, relation: str, dataset: DatasetSection) -> str:
    """The query of the mean label of each row's value in one half of the rows, and labels of the other half.

    Args:
        value: the SQL expression of the category or the bin.
        label: the SQL expression of the label.
    """
    # Without ids, equal rows are in one half, so that none is judged by its copy.
    key = ", ".join(quote(column) for column in dataset.row_key or dataset.needed(label=False))
    rows = f"SELECT {value}, {label}, hash({key}) % 2 FROM {relation}"
    means = (
        f"SELECT value, (sum(y) + {_SMOOTHING} * any_value(overall)) / (count(*) + {_SMOOTHING}) AS score "
        "FROM learned, (SELECT avg(y) AS overall FROM learned) GROUP BY value"
    )
    return (
        f"WITH divided(value, y, half) AS ({rows}), "
        f"learned AS (SELECT * FROM divided WHERE half = 0), means AS ({means}) "
        "SELECT coalesce(means.score, (SELECT avg(y) FROM learned)) AS score, divided.y "
        "FROM divided LEFT JOIN means ON means.value IS NOT DISTINCT FROM divided.value WHERE half = 1"
    )


def _auc(scored: str) -> str:
    """The query of the AUC: for each score, it counts the negatives below."""
    return f"""
        SELECT sum(positives * (below + 0.5 * negatives))
               / nullif(sum(positives) * sum(negatives), 0) AS strength
        FROM (
            SELECT positives, negatives, sum(negatives) OVER (ORDER BY score) - negatives AS below
            FROM (
                SELECT score, CAST(sum(y) AS DOUBLE) AS positives, CAST(sum(1 - y) AS DOUBLE) AS negatives
                FROM ({scored}) AS scored(score, y) GROUP BY score
            )
        )
    """


def _correlation(scored: str) -> str:
    finite = f"SELECT score, y FROM ({scored}) AS scored(score, y) WHERE isfinite(score)"
    # Two values always lie on a line.
    varied = f"count(*) >= {MIN_ROWS} AND stddev_pop(score) > 0 AND stddev_pop(y) > 0"
    return f"SELECT CASE WHEN {varied} THEN corr(score, y) END AS strength FROM ({finite})"
