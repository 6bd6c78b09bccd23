"""Rows of every task with random labels and answers, few distinct values, so that ties are the rule."""

import numpy as np

from jobs.metrics.rows import ScoredRows
from mdlc_constructs.settings.payloads.tasks import TASKS

CLASSES = ("red", "green", "blue")
LEVELS = ("0.1", "0.5", "0.9")


def rows_of(task: str, rows: int = 60, seed: int = 1) -> ScoredRows:
    """Rows of a task; with every number that its metrics need."""
    generator = np.random.default_rng(seed)
    groups = np.sort(generator.integers(0, max(rows // 6, 1), rows))
    groups = np.unique(groups, return_inverse=True)[1]
    scores = np.round(generator.random(rows), 1)
    match task:
        case "binary" | "anomaly":
            return ScoredRows(labels=(generator.random(rows) < 0.4).astype(float), scores=scores, task=task)
        case "regression":
            return ScoredRows(labels=generator.normal(5, 2, rows), scores=scores * 10, task=task)
        case "multiclass":
            answers = np.round(generator.dirichlet((1, 1, 1), rows), 2) + 0.01
            answers /= answers.sum(axis=1, keepdims=True)
            labels = generator.integers(0, 3, rows).astype(float)
            return ScoredRows(
                labels=labels, scores=answers.max(axis=1), task=task, answers=answers, names=CLASSES
            )
        case "ranking":
            labels = generator.integers(0, 4, rows).astype(float)
            return ScoredRows(labels=labels, scores=scores, task=task, groups=groups)
        case "forecast":
            labels = generator.normal(10, 3, rows)
            answers = labels[:, None] + np.sort(generator.normal(0, 3, (rows, 3)), axis=1)
            return ScoredRows(
                labels=labels,
                scores=answers[:, 1],
                task=task,
                answers=answers,
                names=LEVELS,
                groups=groups,
                scale=generator.random(groups.max() + 1)[groups] + 0.5,
                naive=labels + generator.normal(0, 4, rows),
            )
        case "cluster":
            clusters = generator.integers(0, 3, rows).astype(float)
            features = generator.normal(0, 1, (rows, 4)) + clusters[:, None]
            return ScoredRows(
                labels=np.empty(0), scores=scores, task=task, answers=clusters[:, None], features=features
            )
        case "embedding":
            features = generator.normal(0, (1, 10, 100, 2, 5), (rows, 5))
            vectors = features @ generator.normal(size=(5, 2))
            return ScoredRows(
                labels=np.empty(0), scores=vectors[:, 0], task=task, answers=vectors, features=features
            )
    raise AssertionError(f"{task} is none of {', '.join(TASKS)}")
