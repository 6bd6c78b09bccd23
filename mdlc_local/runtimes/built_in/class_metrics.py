"""Metrics of classifiers by the images' names, and the threshold of a binary one."""

from collections.abc import Mapping
from typing import Any

import numpy


def binary_metrics(scores: Any, labels: Any, cut: float, beta: float) -> dict[str, float]:
    """The metrics of a binary classifier that answers 1 from the score `cut`."""
    positive, answered = labels > 0, scores >= cut
    hits = float((positive & answered).sum())
    precision, recall = hits / max(answered.sum(), 1), hits / max(positive.sum(), 1)
    return {
        "binary_classification_accuracy": float((positive == answered).mean()),
        "precision": float(precision),
        "recall": float(recall),
        f"binary_f_{beta:.3f}": _f_beta(precision, recall, beta),
        "roc_auc_score": area(scores, positive),
    }


def class_metrics(scores: Any, labels: Any, beta: float, top: int) -> dict[str, float]:
    """The metrics of a classifier with a score for each class; macro averages weigh classes equally."""
    labels = labels.astype(int)
    order = numpy.argsort(-scores, axis=1, kind="stable")
    ranks = (order == labels[:, None]).argmax(1)
    answered = order[:, 0]
    precisions, recalls = [], []
    for kind in range(scores.shape[1]):
        hits = float(((answered == kind) & (labels == kind)).sum())
        precisions.append(hits / max((answered == kind).sum(), 1))
        recalls.append(hits / max((labels == kind).sum(), 1))
    betas = [_f_beta(precision, recall, beta) for precision, recall in zip(precisions, recalls, strict=True)]
    return {
        "multiclass_accuracy": float((ranks == 0).mean()),
        f"multiclass_top_k_accuracy_{top}": float((ranks < top).mean()),
        "dcg": float((1 / numpy.log2(ranks + 2)).mean()),
        "macro_precision": float(numpy.mean(precisions)),
        "macro_recall": float(numpy.mean(recalls)),
        f"macro_f_{beta:.3f}": float(numpy.mean(betas)),
    }


def threshold(values: Mapping[str, Any], scores: Any, labels: Any, default: float) -> float:
    """The score from which a binary classifier answers 1, by binary_classifier_model_selection_criteria."""
    criterion = values["binary_classifier_model_selection_criteria"]
    if criterion in ("loss_function", "cross_entropy_loss"):
        return default
    positive = labels > 0
    cuts = numpy.unique(scores)
    order = numpy.argsort(scores)
    below = numpy.searchsorted(scores[order], cuts, side="left")
    misses = numpy.concatenate([[0], numpy.cumsum(positive[order])])[below]
    hits = positive.sum() - misses
    answered = len(scores) - below
    precision, recall = hits / answered, hits / max(positive.sum(), 1)
    match criterion:
        case "accuracy":
            gain = hits + (below - misses)
        case "precision_at_target_recall":
            gain = numpy.where(recall >= values["target_recall"], precision, -1)
        case "recall_at_target_precision":
            gain = numpy.where(precision >= values["target_precision"], recall, -1)
        case _:
            square = (1.0 if criterion == "f1" else values["f_beta"]) ** 2
            gain = (1 + square) * precision * recall / numpy.maximum(square * precision + recall, 1e-12)
    best = int(gain.argmax())
    # Halfway to the next lower score, so that rows just below it are not decided by rounding.
    return float(cuts[best] if best == 0 else (cuts[best - 1] + cuts[best]) / 2)


def area(scores: Any, positive: Any) -> float:
    """The area under the ROC curve; 0.5 when there is one class alone."""
    count = int(positive.sum())
    if count in (0, len(positive)):
        return 0.5
    _, coded, counts = numpy.unique(scores, return_inverse=True, return_counts=True)
    ranks = (numpy.cumsum(counts) - (counts - 1) / 2)[coded]
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(positive) - count)))


def _f_beta(precision: float, recall: float, beta: float) -> float:
    return float((1 + beta**2) * precision * recall / max(beta**2 * precision + recall, 1e-12))
