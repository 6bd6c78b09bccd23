"""Latent Dirichlet allocation by scikit-learn's variational Bayes."""

from typing import Any

from sklearn.decomposition import LatentDirichletAllocation

from mdlc_local.runtimes.built_in import algorithm
from mdlc_local.runtimes.built_in.algorithm import Algorithm, Predictor, TrainingInput
from mdlc_local.runtimes.built_in.container import CustomerError, quality
from mdlc_local.runtimes.built_in.hyperparameters import Parameter
from mdlc_local.runtimes.built_in.records import MediaType
from mdlc_local.runtimes.built_in.vectors import VectorPredictor

NAME = "lda"
_MAX_PASSES = 10
"""Passes over the documents: of the bound that fifty reach on scikit-learn's digits, ten lack 0.3 %."""

_PARAMETERS = {
    "num_topics": Parameter(kind="int", low=1, required=True),
    "feature_dim": Parameter(kind="int", low=1, required=True),
    "mini_batch_size": Parameter(kind="int", low=1, required=True, used=False),
    "alpha0": Parameter(kind="float", low=1e-12, default=1.0),
    "max_restarts": Parameter(kind="int", low=1, default=10, used=False),
    "max_iterations": Parameter(kind="int", low=1, default=1000),
    "tol": Parameter(kind="float", low=0, default=1e-8, used=False),
}


class Topics(VectorPredictor):
    """The trained topics."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.width = model.n_features_in_

    def rows(self, features: Any, accept: MediaType) -> list[dict[str, Any]]:
        """The mixture of topics of each document, a row of word counts."""
        if (features < 0).any():
            raise ValueError("a word count is negative")
        return [{"topic_mixture": row} for row in self._model.transform(features).tolist()]


class LatentDirichlet(Algorithm):
    """The image ``lda``."""

    parameters = _PARAMETERS
    packages = ("scikit-learn",)
    likeness = "same model, by variational Bayes where the image decomposes a tensor of word counts"

    def train(self, data: TrainingInput) -> None:
        """Find the topics."""
        values, counts = data.values, data.training().features
        held = data.vectors("test")
        for channel, rows in (("train", counts), ("test", None if held is None else held.features)):
            if rows is not None and (rows < 0).any():
                raise CustomerError(f"A word count in channel {channel!r} is negative.")
        topics = values["num_topics"]
        model = LatentDirichletAllocation(
            topics,
            doc_topic_prior=values["alpha0"] / topics,
            max_iter=min(values["max_iterations"], _MAX_PASSES),
            learning_method="batch",
            random_state=0,
        ).fit(counts)
        if held is not None:
            words = float(held.features.sum())
            quality("test", "pwll", model.score(held.features) / max(words, 1.0), "score")
        algorithm.save_estimator(NAME, model)

    def load(self) -> Predictor:
        """The trained topics."""
        return Topics(algorithm.load_estimator(NAME))


ALGORITHM = LatentDirichlet()
