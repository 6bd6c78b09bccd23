"""Anomaly scores by scikit-learn's isolation forest, which is similar to Random Cut Forest and not it."""

from typing import Any

import numpy
from sklearn.ensemble import IsolationForest

from mdlc_local.runtimes.built_in import algorithm
from mdlc_local.runtimes.built_in.algorithm import Algorithm, Predictor, TrainingInput
from mdlc_local.runtimes.built_in.container import quality
from mdlc_local.runtimes.built_in.hyperparameters import Parameter
from mdlc_local.runtimes.built_in.records import MediaType
from mdlc_local.runtimes.built_in.vectors import VectorPredictor

NAME = "randomcutforest"
_DEVIATIONS = 3
"""A row whose score is this many standard deviations above the mean counts as an anomaly, as AWS suggests."""

_METRICS = ("accuracy", "precision_recall_fscore")
_PARAMETERS = {
    "feature_dim": Parameter(kind="int", low=1, high=10_000, required=True),
    "num_trees": Parameter(kind="int", low=50, high=1000, default=100),
    "num_samples_per_tree": Parameter(kind="int", low=1, high=2048, default=256),
    "eval_metrics": Parameter(kind="words", choices=_METRICS, default=list(_METRICS)),
}


class Forest(VectorPredictor):
    """The trained forest."""

    top = "scores"

    def __init__(self, model: Any) -> None:
        self._model = model
        self.width = model.n_features_in_

    def rows(self, features: Any, accept: MediaType) -> list[dict[str, Any]]:
        """The anomaly score of each row."""
        return [{"score": score} for score in scores(self._model, features).tolist()]


class RandomCutForest(Algorithm):
    """The image ``randomcutforest``."""

    parameters = _PARAMETERS
    packages = ("scikit-learn",)
    likeness = (
        "similar to Random Cut Forest and not the same: an isolation forest, whose scores rank rows much as "
        "the image's do, and are other numbers, between 0 and 1"
    )

    def train(self, data: TrainingInput) -> None:
        """Grow the forest; a labelled channel ``test`` has 1 for an anomaly and 0 for any other row."""
        values, rows = data.values, data.training()
        model = IsolationForest(
            n_estimators=values["num_trees"],
            max_samples=min(values["num_samples_per_tree"], len(rows.features)),
            random_state=0,
        ).fit(rows.features)
        trained = scores(model, rows.features)
        held = data.vectors("test", labelled=True)
        if held is not None:
            high = scores(model, held.features) > trained.mean() + _DEVIATIONS * trained.std()
            _evaluate(high, held.labels > 0, values["eval_metrics"])
        algorithm.save_estimator(NAME, model)

    def load(self) -> Predictor:
        """The trained forest."""
        return Forest(algorithm.load_estimator(NAME))


def scores(model: Any, features: Any) -> Any:
    """Each row's score; the higher, the more unusual it is."""
    return -model.score_samples(features)


def _evaluate(high: Any, anomalous: Any, metrics: list[str]) -> None:
    if "accuracy" in metrics:
        quality("test", "accuracy", float((high == anomalous).mean()), "score")
    if "precision_recall_fscore" in metrics:
        hits = float(numpy.sum(high & anomalous))
        precision = hits / max(high.sum(), 1)
        recall = hits / max(anomalous.sum(), 1)
        quality("test", "precision", precision, "score")
        quality("test", "recall", recall, "score")
        quality("test", "f1", 2 * precision * recall / max(precision + recall, 1e-12), "score")


ALGORITHM = RandomCutForest()
