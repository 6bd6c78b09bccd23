"""The AUC that is expected when each row is positive with a known probability."""

import numpy as np

from jobs.metrics.rows import Floats


def expected_area(scores: Floats, probability: Floats) -> float:
    """The AUC where each row is a positive with weight ``probability`` and a negative with the remainder.

    NaN when there is no positive, or no negative.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(scores[order]) != 0, True])
    hits = np.r_[0.0, np.cumsum(probability[order])[ends]]
    alarms = np.r_[0.0, np.cumsum(1 - probability[order])[ends]]
    if not hits[-1] or not alarms[-1]:
        return float("nan")
    area = float((np.diff(alarms) * (hits[1:] + hits[:-1])).sum()) / 2
    return area / float(hits[-1] * alarms[-1])
