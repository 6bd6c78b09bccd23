"""The metrics of an anomaly detection, from the rows that have a label; NaN without any."""

import numpy as np
import numpy.typing as npt

from jobs.metrics.binary import rank_metrics
from jobs.metrics.rows import Floats, ScoredRows

PRECISION_AT = (10, 100)


def compute_anomaly(scored: ScoredRows, weights: Floats) -> dict[str, float]:
    """Every metric of an anomaly detection, by name.

    Precision at k is the share of anomalies among the k rows of the highest scores, or among all if they are
    fewer; of rows with equal scores at the end, their mean counts.
    """
    labelled, rows = _labelled(scored)
    drawn = weights[rows]
    if float(drawn.sum()) == 0:
        return dict.fromkeys(("auc", "pr_auc", *(f"precision@{k}" for k in PRECISION_AT)), float("nan"))
    auc, pr_auc = rank_metrics(labelled, drawn)
    precisions = {f"precision@{k}": _precision(labelled, drawn, k) for k in PRECISION_AT}
    return {"auc": auc, "pr_auc": pr_auc, **precisions}


def labelled_rows(scored: ScoredRows) -> ScoredRows:
    """The rows that have a label, as a binary task, for their curves."""
    return _labelled(scored)[0]


def _labelled(scored: ScoredRows) -> tuple[ScoredRows, npt.NDArray[np.intp]]:
    if "anomaly" not in scored.memo:
        rows = np.flatnonzero(~np.isnan(scored.labels))
        labelled = ScoredRows(labels=scored.labels[rows], scores=scored.scores[rows], task="binary")
        scored.memo["anomaly"] = (labelled, rows)
    labelled, rows = scored.memo["anomaly"]
    return labelled, rows


def _precision(scored: ScoredRows, weights: Floats, k: int) -> float:
    drawn = weights[scored.order]
    selected, hits = np.cumsum(drawn)[scored.ends], np.cumsum(drawn * scored.ordered_labels)[scored.ends]
    size = min(float(k), float(selected[-1]))
    place = int(np.searchsorted(selected, size))
    before, anomalies = (selected[place - 1], hits[place - 1]) if place else (0.0, 0.0)
    share = (hits[place] - anomalies) / (selected[place] - before)
    return float((anomalies + (size - before) * share) / size)
