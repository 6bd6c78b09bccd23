"""The metrics of a multiclass task.

A class of which no row has the label is left out of the means over classes (`classes_left_out` names such).
A resample without a row of any other class has no such mean: it would be one over fewer classes.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from jobs.metrics.binary import calibration_error, roc_auc
from jobs.metrics.rows import MIN_PROBABILITY, Floats, ScoredRows, dot

_NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """What does not depend on the weights.

    Args:
        one_against_rest: the rows as a binary task, for each class.
        pairs: of each row, the number of its pair of class and predicted class.
        losses: of each row, the logarithmic loss.
        present: for each class, whether a row has it.
        predicted: for each class, whether it is predicted for a row.
    """

    one_against_rest: tuple[ScoredRows, ...]
    pairs: npt.NDArray[np.intp]
    losses: Floats
    present: npt.NDArray[np.bool_]
    predicted: npt.NDArray[np.bool_]


def compute_multiclass(scored: ScoredRows, weights: Floats) -> dict[str, float]:
    """Every metric of a multiclass task, by name."""
    prepared, classes = _prepare(scored), len(scored.names)
    total = float(weights.sum())
    matrix = confusion(scored, weights)
    hits, actual, predicted = np.diagonal(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    # Of a class that no row has, recall is not defined; nor is precision if it is not predicted either.
    recall = _ratio(hits, actual, otherwise=_NAN)
    precision = np.where((predicted == 0) & (actual > 0), 0.0, _ratio(hits, predicted, otherwise=_NAN))
    f1 = _ratio(2 * hits, actual + predicted, otherwise=0.0)
    errors = [calibration_error(rows, weights) / total for rows in prepared.one_against_rest]
    areas = _areas(prepared, weights, actual)
    drawn = bool((actual[prepared.present] > 0).all())
    seen = prepared.present | prepared.predicted
    return {
        "auc_macro": _mean(areas[prepared.present]),
        "auc_weighted": _mean(areas[prepared.present], actual[prepared.present]),
        "accuracy": float(hits.sum()) / total,
        "balanced_accuracy": _mean(recall[prepared.present]),
        "f1_macro": _mean(f1[seen]) if drawn else _NAN,
        "log_loss": dot(weights, prepared.losses) / total,
        "expected_calibration_error": float(np.mean(errors)),
        **{f"precision:{scored.names[number]}": float(precision[number]) for number in range(classes)},
        **{f"recall:{scored.names[number]}": float(recall[number]) for number in range(classes)},
        **{f"expected_calibration_error:{scored.names[number]}": errors[number] for number in range(classes)},
    }


def macro_auc(scored: ScoredRows, weights: Floats) -> float:
    """The unweighted mean over classes of the AUC of the class against all others."""
    prepared = _prepare(scored)
    actual = np.bincount(scored.labels.astype(np.intp), weights, len(scored.names)).astype(np.float64)
    return _mean(_areas(prepared, weights, actual)[prepared.present])


def confusion(scored: ScoredRows, weights: Floats) -> Floats:
    """The weight of rows by class (rows of the matrix) and predicted class (columns)."""
    classes = len(scored.names)
    counted = np.bincount(_prepare(scored).pairs, weights, classes * classes)
    return counted.reshape(classes, classes).astype(np.float64)


def classes_left_out(scored: ScoredRows) -> tuple[str, ...]:
    """The classes of which no row has the label, so that they are left out of means over classes."""
    present = _prepare(scored).present
    return tuple(name for name, there in zip(scored.names, present, strict=True) if not there)


def one_against_rest(scored: ScoredRows, number: int) -> ScoredRows:
    """The rows as a binary task: the class of that number against all others, for its curves."""
    return _prepare(scored).one_against_rest[number]


def predicted_classes(answers: Floats) -> npt.NDArray[np.intp]:
    """The number of each row's most probable class; of equal ones the first."""
    numbers: npt.NDArray[np.intp] = np.argmax(answers, axis=1)
    return numbers


def _prepare(scored: ScoredRows) -> _Prepared:
    if "multiclass" not in scored.memo:
        answers = cast("Floats", scored.answers)
        labels, classes = scored.labels.astype(np.intp), len(scored.names)
        predicted = predicted_classes(answers)
        of_label = np.take_along_axis(answers, labels[:, None], axis=1)[:, 0]
        scored.memo["multiclass"] = _Prepared(
            one_against_rest=tuple(
                ScoredRows(
                    labels=(labels == number).astype(np.float64),
                    scores=np.ascontiguousarray(answers[:, number]),
                    task="binary",
                )
                for number in range(classes)
            ),
            pairs=labels * classes + predicted,
            losses=-np.log(np.clip(of_label, MIN_PROBABILITY, 1 - MIN_PROBABILITY)),
            present=np.bincount(labels, minlength=classes) > 0,
            predicted=np.bincount(predicted, minlength=classes) > 0,
        )
    return cast("_Prepared", scored.memo["multiclass"])


def _areas(prepared: _Prepared, weights: Floats, actual: Floats) -> Floats:
    """The AUC of each class against the rest; NaN unless rows of it and of others are drawn."""
    drawn = np.count_nonzero(actual) > 1
    return np.array(
        [
            roc_auc(rows, weights) if weight > 0 and drawn else _NAN
            for rows, weight in zip(prepared.one_against_rest, actual, strict=True)
        ]
    )


def _ratio(part: Floats, whole: Floats, *, otherwise: float) -> Floats:
    ratio: Floats = np.divide(part, whole, out=np.full(len(whole), otherwise), where=whole > 0)
    return ratio


def _mean(values: Floats, weights: Floats | None = None) -> float:
    """The mean; NaN when a value is."""
    return float(np.average(values, weights=weights)) if not np.isnan(values).any() else _NAN
