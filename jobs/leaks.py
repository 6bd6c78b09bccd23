"""Finds label leaks: single features that predict the label almost perfectly.

For a binary label the measure is the AUC of the feature used as a score, for a regression the correlation.
A category is first replaced by its mean label, computed on one half of the rows and evaluated on the other.
Otherwise a column of unique names would seem to predict everything.
"""

import duckdb

from jobs.database import quote, single
from jobs.names import LABEL
from mdlc_constructs.settings.payloads.dataset import DatasetSection

_SMOOTHING = 10  # weight, in rows, of the overall mean in each category's smoothed mean


def strengths(
    connection: duckdb.DuckDBPyConnection, relation: str, dataset: DatasetSection
) -> dict[str, float]:
    """How well each feature alone predicts the label: AUC (0.5 to 1), or correlation (0 to 1) for numbers.

    Args:
        relation: the labelled rows, with the label as a number in `jobs.names.LABEL`.
    """
    scores = {}
    for name in dataset.features:
        kind = dataset.columns[name]
        scored = (
            _category_score(name, relation, dataset) if kind == "category" else _number_score(name, relation)
        )
        measure = _correlation(scored) if dataset.task == "regression" else _auc(scored)
        # A number can be positively or negatively related to the label; a category's mean only positively.
        query = (
            measure
            if kind == "category"
            else f"SELECT greatest(strength, {_mirror(dataset)}) FROM ({measure})"
        )
        value = single(connection, query)[0]
        if value is not None:
            scores[name] = float(str(value))
    return scores


def _mirror(dataset: DatasetSection) -> str:
    """The SQL expression of the strength of the negated feature."""
    return "-strength" if dataset.task == "regression" else "1 - strength"


def _number_score(name: str, relation: str) -> str:
    """The query of values and labels; missing values count as the lowest, as they may predict the label."""
    value = f"coalesce(CAST({quote(name)} AS DOUBLE), CAST('-inf' AS DOUBLE))"
    return f"SELECT {value}, {LABEL} FROM {relation}"


def _category_score(name: str, relation: str, dataset: DatasetSection) -> str:
    # Without ids, equal rows are in one half, so that none is judged by its copy.
    key = ", ".join(quote(column) for column in dataset.row_key or dataset.needed(label=False))
    rows = f"SELECT {quote(name)}, {LABEL}, hash({key}) % 2 FROM {relation}"
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
    varied = "stddev_pop(score) > 0 AND stddev_pop(y) > 0"
    return f"SELECT CASE WHEN {varied} THEN corr(score, y) END AS strength FROM ({finite})"
