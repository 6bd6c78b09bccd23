"""Nearest neighbours by scikit-learn: an exact search, where the image's index may be approximate."""

from typing import Any

import numpy
from sklearn.neighbors import NearestNeighbors

from mdlc_local.runtimes.built_in import algorithm
from mdlc_local.runtimes.built_in.algorithm import Algorithm, Predictor, TrainingInput
from mdlc_local.runtimes.built_in.container import CustomerError, log, quality
from mdlc_local.runtimes.built_in.hyperparameters import AUTO, Parameter
from mdlc_local.runtimes.built_in.records import MediaType
from mdlc_local.runtimes.built_in.vectors import VectorPredictor

NAME = "knn"
CLASSIFIER, REGRESSOR = "classifier", "regressor"

_PARAMETERS = {
    "k": Parameter(kind="int", low=1, required=True),
    "sample_size": Parameter(kind="int", low=1, required=True),
    "feature_dim": Parameter(kind="int", low=1, required=True),
    "predictor_type": Parameter(kind="word", choices=(CLASSIFIER, REGRESSOR), required=True),
    "dimension_reduction_type": Parameter(kind="word", choices=("sign", "fjlt")),
    "dimension_reduction_target": Parameter(kind="int", low=1),
    "index_metric": Parameter(kind="word", choices=("L2", "INNER_PRODUCT", "COSINE"), default="L2"),
    "index_type": Parameter(
        kind="word", choices=("faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ"), default="faiss.Flat", used=False
    ),
    "faiss_index_ivf_nlists": Parameter(kind="int", low=1, auto=True, default=AUTO, used=False),
    "faiss_index_pq_m": Parameter(kind="int", low=1, used=False),
    "mini_batch_size": Parameter(kind="int", low=1, default=5000, used=False),
}


class Neighbours(VectorPredictor):
    """The sampled rows and their labels.

    Args:
        features: the rows, projected where there is a projection.
        labels: one number a row.
        projection: the matrix that reduces the dimension; empty without one.
        width: the number of features before that.
        k: the number of neighbours that vote.
        metric: the index_metric.
        classifies: whether the answer is the most frequent label, not the mean.
    """

    def __init__(
        self,
        features: Any,
        labels: Any,
        projection: Any,
        width: int,
        k: int,
        metric: str,
        *,
        classifies: bool,
    ) -> None:
        self.width = width
        self._features = features
        self._labels = labels
        self._projection = projection
        self._k = k
        self._inner = metric == "INNER_PRODUCT"
        self._classifies = classifies
        self._index = NearestNeighbors(
            n_neighbors=k, algorithm="brute", metric="cosine" if metric == "COSINE" else "euclidean"
        ).fit(features)

    def predict(self, features: Any) -> tuple[Any, Any, Any]:
        """For each row the answer, the neighbours' distances and their labels, the nearest first."""
        points = features @ self._projection if self._projection.size else features
        if self._inner:
            products = points @ self._features.T
            nearest = numpy.argsort(-products, axis=1, kind="stable")[:, : self._k]
            distances = numpy.take_along_axis(products, nearest, axis=1)
        else:
            distances, nearest = self._index.kneighbors(points)
        labels = self._labels[nearest]
        if not self._classifies:
            return labels.mean(1), distances, labels
        kinds, coded = numpy.unique(labels, return_inverse=True)
        coded = coded.reshape(labels.shape)
        votes = numpy.stack([(coded == code).sum(1) for code in range(len(kinds))], axis=1)
        return kinds[votes.argmax(1)], distances, labels

    def rows(self, features: Any, accept: MediaType) -> list[dict[str, Any]]:
        """The label or the mean of each row's neighbours, and with ``verbose=true`` the neighbours."""
        predicted, distances, labels = self.predict(features)
        answers: list[dict[str, Any]] = [{"predicted_label": float(label)} for label in predicted]
        if accept.parameters.get("verbose") == "true":
            for answer, row, kinds in zip(answers, distances, labels, strict=True):
                answer |= {"distances": row.tolist(), "labels": kinds.tolist()}
        return answers


class NearestNeighboursAlgorithm(Algorithm):
    """The image ``knn``."""

    parameters = _PARAMETERS
    packages = ("scikit-learn",)
    likeness = "same algorithm, other implementation; its search is exact, whatever index_type asks for"

    def train(self, data: TrainingInput) -> None:
        """Sample the rows that are searched."""
        values, rows = data.values, data.training(labelled=True)
        random = numpy.random.default_rng(0)
        count = min(values["sample_size"], len(rows.features))
        if values["k"] > count:
            raise CustomerError(f"k is {values['k']}, and there are {count} sampled rows.")
        sampled = numpy.sort(random.choice(len(rows.features), count, replace=False))
        width = rows.features.shape[1]
        projection = _projection(values, width, random)
        features = rows.features[sampled]
        stored = {
            "features": features @ projection if projection.size else features,
            "labels": rows.labels[sampled],
            "projection": projection,
            "width": numpy.int64(width),
            "k": numpy.int64(values["k"]),
            "metric": numpy.str_(values["index_metric"]),
            "classifies": numpy.bool_(values["predictor_type"] == CLASSIFIER),
        }
        held = data.vectors("test", labelled=True)
        if held is not None:
            predicted, _, _ = _neighbours(stored).predict(held.features)
            if values["predictor_type"] == CLASSIFIER:
                quality("test", "accuracy", float((predicted == held.labels).mean()), "score")
            else:
                quality("test", "mse", float(((predicted - held.labels) ** 2).mean()))
        algorithm.save(NAME, **stored)

    def load(self) -> Predictor:
        """The sampled rows."""
        return _neighbours(algorithm.load(NAME))


def _neighbours(stored: Any) -> Neighbours:
    return Neighbours(
        stored["features"],
        stored["labels"],
        stored["projection"],
        int(stored["width"]),
        int(stored["k"]),
        str(stored["metric"]),
        classifies=bool(stored["classifies"]),
    )


def _projection(values: Any, width: int, random: Any) -> Any:
    """A matrix of random signs that reduces the dimension; empty when none is asked for."""
    kind, target = values["dimension_reduction_type"], values["dimension_reduction_target"]
    if kind is None:
        return numpy.zeros(0, dtype=numpy.float32)
    if target is None:
        raise CustomerError(
            "No value(s) were specified for 'dimension_reduction_target' which are required "
            "hyperparameter(s) (caused by ValidationError)"
        )
    if target >= width:
        raise CustomerError(
            f"dimension_reduction_target is {target}: it must be less than feature_dim {width}."
        )
    if kind == "fjlt":
        log("fjlt is run as sign: another random projection, with the same guarantee on distances")
    return (random.choice([-1, 1], (width, target)) / numpy.sqrt(target)).astype(numpy.float32)


ALGORITHM = NearestNeighboursAlgorithm()
