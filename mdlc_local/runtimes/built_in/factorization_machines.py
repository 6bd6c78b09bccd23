"""Factorization machines by river, which learns row by row where the image takes mini-batches."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy

from mdlc_local.runtimes.built_in import algorithm, recordio, records
from mdlc_local.runtimes.built_in.algorithm import Algorithm, Predictor, TrainingInput
from mdlc_local.runtimes.built_in.class_metrics import binary_metrics
from mdlc_local.runtimes.built_in.container import CustomerError, quality
from mdlc_local.runtimes.built_in.hyperparameters import Parameter
from mdlc_local.runtimes.built_in.records import MediaType
from mdlc_local.runtimes.built_in.vectors import VectorPredictor

NAME = "factorization-machines"
BINARY, REGRESSOR = "binary_classifier", "regressor"

_RATE = 0.05
"""The learning rate, for columns and labels of size one; the image's rates are those of Adam."""

_MIN_PASSES = 10
_CLIP = 10.0

_INITIAL = ("uniform", "normal", "constant")
_PARAMETERS = {
    "feature_dim": Parameter(kind="int", low=1, required=True),
    "num_factors": Parameter(kind="int", low=1, required=True),
    "predictor_type": Parameter(kind="word", choices=(BINARY, REGRESSOR), required=True),
    "epochs": Parameter(kind="int", low=1, default=1),
    "linear_wd": Parameter(kind="float", low=0, default=0.001),
    "factors_wd": Parameter(kind="float", low=0, default=0.00001),
    "mini_batch_size": Parameter(kind="int", low=1, default=1000, used=False),
    "clip_gradient": Parameter(kind="float", used=False),
    "eps": Parameter(kind="float", used=False),
    "rescale_grad": Parameter(kind="float", used=False),
    "bias_wd": Parameter(kind="float", low=0, default=0.01, used=False),
    **{
        f"{part}_{what}": Parameter(kind="float", low=0, used=False)
        for part in ("bias", "linear", "factors")
        for what in ("lr", "init_scale", "init_sigma")
    },
    **{f"{part}_init_value": Parameter(kind="float", used=False) for part in ("bias", "linear", "factors")},
    **{
        f"{part}_init_method": Parameter(kind="word", choices=_INITIAL, default="normal", used=False)
        for part in ("bias", "linear", "factors")
    },
}


class FactorizedModel(VectorPredictor):
    """The trained weights and factors of the features.

    Args:
        stored: ``bias``, ``weights`` and ``factors``, and whether it `classifies`.
    """

    csv_requests = False

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self.width = len(stored["weights"])
        self._stored = stored

    def scores(self, features: Any) -> Any:
        """Each row's number, or its probability of the class 1."""
        wide = features.astype(numpy.float64)
        weights, factors = self._stored["weights"], self._stored["factors"]
        pairs = ((wide @ factors) ** 2 - wide**2 @ factors**2).sum(1) / 2
        outputs = self._stored["bias"] + wide @ weights + pairs
        return 1 / (1 + numpy.exp(-outputs)) if self._stored["classifies"] else outputs

    def rows(self, features: Any, accept: MediaType) -> list[dict[str, Any]]:
        """The score of each row, and a classifier's label."""
        scores = self.scores(features)
        if not self._stored["classifies"]:
            return [{"score": score} for score in scores.tolist()]
        return [{"score": score, "predicted_label": int(score >= 0.5)} for score in scores.tolist()]


class FactorizationMachines(Algorithm):
    """The image ``factorization-machines``."""

    parameters = _PARAMETERS
    packages = ("river",)
    likeness = "same model, learned row by row where the image takes mini-batches"

    def train(self, data: TrainingInput) -> None:
        """Learn the weights and factors in several passes."""
        values = data.values
        classifies = values["predictor_type"] == BINARY
        rows = list(_rows(data, "train"))
        if classifies and not {label for _, label in rows} <= {0.0, 1.0}:
            raise CustomerError("A label in channel 'train' is neither 0 nor 1.")
        stored = {**_learn(values, rows, classifies=classifies), "classifies": numpy.bool_(classifies)}
        model = FactorizedModel(stored)
        for channel in data.channels:
            held = rows if channel == "train" else list(_rows(data, channel))
            _report(channel, model, held, values["feature_dim"], classifies=classifies)
        algorithm.save(NAME, **stored)

    def load(self) -> Predictor:
        """The trained weights and factors."""
        return FactorizedModel(algorithm.load(NAME))


def _rows(data: TrainingInput, channel: str) -> Iterator[tuple[dict[int, float], float]]:
    """The features that are not zero, and the label, of each record."""
    kind, width = MediaType.read(data.channels[channel]).name, data.values["feature_dim"]
    if kind != records.RECORDIO:
        raise CustomerError(
            f"Unable to initialize the algorithm. Content type {kind!r} of channel {channel!r} is not one of "
            f"{[records.RECORDIO]} (caused by ValidationError)"
        )
    for path in records.files(channel):
        try:
            for record in recordio.decode(path.read_bytes()):
                tensor = record.features["values"]
                places = tensor.keys or range(len(tensor.values))
                row = {
                    place: float(value) for place, value in zip(places, tensor.values, strict=True) if value
                }
                if max(row, default=0) >= width:
                    raise ValueError(f"a row has the feature {max(row)}, and feature_dim is {width}")
                yield row, float(record.label["values"].values[0])
        except (ValueError, LookupError) as error:
            raise CustomerError(
                f"Unable to read data channel {channel!r}. Requested content-type is {kind!r}. Please verify "
                f"the data matches the requested content-type. (caused by {error}, file {path.name})"
            ) from error


def _learn(
    values: Mapping[str, Any], rows: list[tuple[dict[int, float], float]], *, classifies: bool
) -> dict[str, Any]:
    from river import facto, optim

    width, rank = values["feature_dim"], values["num_factors"]
    # Columns and labels of size one, so that one learning rate fits all; undone below.
    sizes = numpy.zeros(width)
    for row, _ in rows:
        for place, value in row.items():
            sizes[place] = max(sizes[place], abs(value))
    sizes[sizes == 0] = 1
    labels = numpy.array([label for _, label in rows])
    middle, scale = (0.0, 1.0) if classifies else (float(labels.mean()), float(labels.std()) or 1.0)
    kind = facto.FMClassifier if classifies else facto.FMRegressor
    model = kind(
        n_factors=rank,
        weight_optimizer=optim.SGD(_RATE),
        latent_optimizer=optim.SGD(_RATE),
        l2_weight=values["linear_wd"],
        l2_latent=values["factors_wd"],
        latent_initializer=optim.initializers.Normal(sigma=0.1, seed=0),
        clip_gradient=_CLIP,
        seed=0,
    )
    prepared = [
        ({place: value / sizes[place] for place, value in row.items()}, (label - middle) / scale)
        for row, label in rows
    ]
    order = numpy.random.default_rng(0)
    for _ in range(max(values["epochs"], _MIN_PASSES)):
        for number in order.permutation(len(prepared)):
            row, label = prepared[number]
            model.learn_one(row, bool(label) if classifies else label)
    weights, factors = numpy.zeros(width), numpy.zeros((width, rank))
    for place, weight in model.weights.items():
        weights[place] = weight / sizes[place] * scale
    for place, latent in model.latents.items():
        # The product of two features' factors is scaled, so each factor is by the root.
        factors[place] = numpy.array([latent[factor] for factor in range(rank)]) / sizes[place] * scale**0.5
    return {"bias": numpy.float64(model.intercept * scale + middle), "weights": weights, "factors": factors}


def _report(
    channel: str,
    model: FactorizedModel,
    rows: list[tuple[dict[int, float], float]],
    width: int,
    *,
    classifies: bool,
) -> None:
    scores = []
    for row, _ in rows:
        features = numpy.zeros((1, width))
        features[0, list(row)] = list(row.values())
        scores.append(float(model.scores(features)[0]))
    answered, labels = numpy.array(scores), numpy.array([label for _, label in rows])
    if not classifies:
        quality(channel, "rmse", float(((answered - labels) ** 2).mean() ** 0.5))
        return
    metrics = binary_metrics(answered, labels, 0.5, 1.0)
    for name in ("binary_classification_accuracy", "binary_f_1.000"):
        quality(channel, name, metrics[name], "score")
    right = numpy.where(labels > 0, answered, 1 - answered)
    quality(
        channel, "binary_classification_cross_entropy", float(-numpy.log(numpy.maximum(right, 1e-15)).mean())
    )


ALGORITHM = FactorizationMachines()
