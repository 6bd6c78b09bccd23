"""Principal components by scikit-learn's singular value decomposition."""

from typing import Any

import numpy
from sklearn.decomposition import PCA, TruncatedSVD

from mdlc_local.runtimes.built_in import algorithm
from mdlc_local.runtimes.built_in.algorithm import Algorithm, Predictor, TrainingInput
from mdlc_local.runtimes.built_in.container import CustomerError, log
from mdlc_local.runtimes.built_in.hyperparameters import Parameter
from mdlc_local.runtimes.built_in.records import MediaType
from mdlc_local.runtimes.built_in.vectors import VectorPredictor

NAME = "pca"

_PARAMETERS = {
    "feature_dim": Parameter(kind="int", low=1, required=True),
    "num_components": Parameter(kind="int", low=1, required=True),
    "mini_batch_size": Parameter(kind="int", low=1, required=True, used=False),
    "algorithm_mode": Parameter(kind="word", choices=("regular", "randomized"), default="regular"),
    "subtract_mean": Parameter(kind="bool", default=True),
    "extra_components": Parameter(kind="int", low=-1, default=-1),
}


class Projection(VectorPredictor):
    """The trained components."""

    top = "projections"

    def __init__(self, mean: Any, components: Any) -> None:
        self._mean = mean
        self._components = components
        self.width = components.shape[1]

    def rows(self, features: Any, accept: MediaType) -> list[dict[str, Any]]:
        """The coordinates of each row, the most important component last, as the image gives them."""
        return [{"projection": row} for row in ((features - self._mean) @ self._components.T).tolist()]


class PrincipalComponents(Algorithm):
    """The image ``pca``."""

    parameters = _PARAMETERS
    packages = ("scikit-learn",)

    def train(self, data: TrainingInput) -> None:
        """Find the components."""
        values, rows = data.values, data.training()
        algorithm.check_mini_batch(values, rows)
        features = rows.features
        count = values["num_components"]
        if count > min(features.shape):
            raise CustomerError(
                f"num_components is {count}, and the channel 'train' has {features.shape[0]} rows of "
                f"{features.shape[1]} features."
            )
        randomized = values["algorithm_mode"] == "randomized"
        extra = values["extra_components"]
        # The image's default, -1, stands for the greater of 10 and the number of components.
        oversampled = max(10, count) if extra < 0 else extra
        if values["subtract_mean"]:
            solver = "randomized" if randomized else "full"
            model: Any = PCA(count, svd_solver=solver, n_oversamples=oversampled, random_state=0)
        else:
            # ARPACK finds fewer components than there are features.
            solver = "randomized" if randomized or count == features.shape[1] else "arpack"
            model = TruncatedSVD(count, algorithm=solver, n_oversamples=oversampled, random_state=0)
        model.fit(features)
        held = data.vectors("test")
        mean = model.mean_ if values["subtract_mean"] else numpy.zeros(features.shape[1])
        # In ascending order of their variance, as the image stores them.
        order = numpy.argsort(model.explained_variance_)
        components = model.components_[order]
        for channel, some in (("train", features), ("test", None if held is None else held.features)):
            if some is not None:
                log(f"{channel}: the components hold {_share(some, mean, components):.2%} of the variance")
        algorithm.save(NAME, mean=mean.astype(numpy.float32), components=components.astype(numpy.float32))

    def load(self) -> Predictor:
        """The trained components."""
        stored = algorithm.load(NAME)
        return Projection(stored["mean"], stored["components"])


def _share(rows: Any, mean: Any, components: Any) -> float:
    centered = rows - mean
    total = float((centered**2).sum())
    return float(((centered @ components.T) ** 2).sum()) / total if total else 1.0


ALGORITHM = PrincipalComponents()
