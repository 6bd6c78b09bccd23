"""K-means by scikit-learn: Lloyd's iterations over all rows, from several starts."""

from typing import Any

import numpy
from sklearn.cluster import KMeans

from mdlc_local.runtimes.built_in import algorithm
from mdlc_local.runtimes.built_in.algorithm import Algorithm, Predictor, TrainingInput
from mdlc_local.runtimes.built_in.container import CustomerError, quality
from mdlc_local.runtimes.built_in.hyperparameters import AUTO, Parameter
from mdlc_local.runtimes.built_in.records import MediaType
from mdlc_local.runtimes.built_in.vectors import VectorPredictor

NAME = "kmeans"
_STARTS = 10
"""How often k-means starts anew where local_lloyd_num_trials is ``auto``, as in the image's log."""

_INITIAL = ("random", "kmeans++")


_PARAMETERS = {
    "k": Parameter(kind="int", low=1, required=True),
    "feature_dim": Parameter(kind="int", low=1, required=True),
    "init_method": Parameter(kind="word", choices=_INITIAL, default="random", used=False),
    "mini_batch_size": Parameter(kind="int", low=1, default=5000, used=False),
    "epochs": Parameter(kind="int", low=1, default=1, used=False),
    "extra_center_factor": Parameter(kind="int", low=1, auto=True, default=AUTO, used=False),
    "half_life_time_size": Parameter(kind="int", low=0, default=0, used=False),
    "local_lloyd_init_method": Parameter(kind="word", choices=_INITIAL, default="kmeans++"),
    "local_lloyd_max_iter": Parameter(kind="int", low=1, default=300),
    "local_lloyd_num_trials": Parameter(kind="int", low=1, auto=True, default=AUTO),
    "local_lloyd_tol": Parameter(kind="float", low=0, high=1, default=0.0001),
    "eval_metrics": Parameter(kind="words", choices=("msd", "ssd"), default=["msd"]),
    "force_dense": Parameter(kind="bool", default=True, used=False),
}


class Clusters(VectorPredictor):
    """The trained centers."""

    csv_answers = True

    def __init__(self, centers: Any) -> None:
        self._centers = centers
        self.width = centers.shape[1]

    def rows(self, features: Any, accept: MediaType) -> list[dict[str, Any]]:
        """The closest cluster of each row, and the Euclidean distance to its center."""
        closest, squares = nearest(features, self._centers)
        distances = numpy.sqrt(squares)
        return [
            {"closest_cluster": float(cluster), "distance_to_cluster": float(distance)}
            for cluster, distance in zip(closest, distances, strict=True)
        ]


class KMeansAlgorithm(Algorithm):
    """The image ``kmeans``."""

    parameters = _PARAMETERS
    packages = ("scikit-learn",)
    likeness = (
        "same objective, by Lloyd's iterations over all rows where the image streams mini-batches first"
    )

    def train(self, data: TrainingInput) -> None:
        """Find the centers."""
        values, rows = data.values, data.training()
        if len(rows.features) < values["k"]:
            raise CustomerError(f"k is {values['k']}, and the channel 'train' has {len(rows.features)} rows.")
        starts = values["local_lloyd_num_trials"]
        start = "k-means++" if values["local_lloyd_init_method"] == "kmeans++" else "random"
        model = KMeans(
            values["k"],
            init=start,
            n_init=_STARTS if starts == AUTO else starts,
            max_iter=values["local_lloyd_max_iter"],
            tol=values["local_lloyd_tol"],
            random_state=0,
        ).fit(rows.features)
        centers = model.cluster_centers_.astype(numpy.float32)
        held = data.vectors("test")
        for channel, some in (("train", rows), ("test", held)):
            if some is not None:
                _, squares = nearest(some.features, centers)
                for metric in values["eval_metrics"]:
                    quality(channel, metric, float(squares.mean() if metric == "msd" else squares.sum()))
        algorithm.save(NAME, centers=centers)

    def load(self) -> Predictor:
        """The trained centers."""
        return Clusters(algorithm.load(NAME)["centers"])


def nearest(features: Any, centers: Any) -> tuple[Any, Any]:
    """For each row the number of its closest center, and the squared distance to it."""
    # In 64 bits, because the terms of the binomial formula cancel each other.
    wide, middle = features.astype(numpy.float64), centers.astype(numpy.float64)
    squares = (wide**2).sum(1)[:, None] - 2 * wide @ middle.T + (middle**2).sum(1)
    closest = squares.argmin(1)
    return closest, numpy.maximum(squares[numpy.arange(len(closest)), closest], 0)


ALGORITHM = KMeansAlgorithm()
