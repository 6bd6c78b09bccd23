"""Linear models by scikit-learn: exact solvers where the loss has one, else stochastic gradient descent.

As the image does, it trains several models of different regularization, keeps the best one on the validation
channel, and chooses there the threshold of a binary classifier.
"""

from collections.abc import Mapping
from typing import Any

import numpy

from mdlc_local.runtimes.built_in import algorithm, linear_losses
from mdlc_local.runtimes.built_in.algorithm import Algorithm, Predictor, TrainingInput
from mdlc_local.runtimes.built_in.class_metrics import binary_metrics, class_metrics, threshold
from mdlc_local.runtimes.built_in.container import CustomerError, log, quality
from mdlc_local.runtimes.built_in.hyperparameters import AUTO, Parameter
from mdlc_local.runtimes.built_in.records import MediaType, Vectors
from mdlc_local.runtimes.built_in.vectors import VectorPredictor

NAME = "linear-learner"
BINARY, MULTICLASS, REGRESSOR = "binary_classifier", "multiclass_classifier", "regressor"

_DECAYS = (1e-6, 1e-4, 1e-2)
"""The L2 regularizations that are tried where wd is ``auto``."""

_CRITERIA = (
    "accuracy",
    "f_beta",
    "f1",
    "precision_at_target_recall",
    "recall_at_target_precision",
    "loss_function",
    "cross_entropy_loss",
)
_PARAMETERS = {
    "predictor_type": Parameter(kind="word", choices=(BINARY, MULTICLASS, REGRESSOR), required=True),
    "num_classes": Parameter(kind="int", low=3, high=1_000_000),
    "feature_dim": Parameter(kind="int", low=1, auto=True, default=AUTO),
    "loss": Parameter(kind="word", choices=(AUTO, *linear_losses.LOSSES), default=AUTO),
    "epochs": Parameter(kind="int", low=1, default=15),
    "wd": Parameter(kind="float", low=0, auto=True, default=AUTO),
    "use_bias": Parameter(kind="bool", default=True),
    "normalize_data": Parameter(kind="bool", auto=True, default=True),
    "binary_classifier_model_selection_criteria": Parameter(
        kind="word", choices=_CRITERIA, default="accuracy"
    ),
    "f_beta": Parameter(kind="float", low=0, default=1.0),
    "target_precision": Parameter(kind="float", low=0, high=1, default=0.8),
    "target_recall": Parameter(kind="float", low=0, high=1, default=0.8),
    "positive_example_weight_mult": Parameter(kind="word", default="1.0"),
    "balance_multiclass_weights": Parameter(kind="bool", default=False),
    "accuracy_top_k": Parameter(kind="int", low=1, default=3),
    "quantile": Parameter(kind="float", low=0, high=1, default=0.5),
    "huber_delta": Parameter(kind="float", low=0, default=1.0),
    "loss_insensitivity": Parameter(kind="float", low=0, default=0.01),
    "mini_batch_size": Parameter(kind="int", low=1, default=1000, used=False),
    "normalize_label": Parameter(kind="bool", auto=True, default=AUTO, used=False),
    "unbias_data": Parameter(kind="bool", auto=True, default=AUTO, used=False),
    "unbias_label": Parameter(kind="bool", auto=True, default=AUTO, used=False),
    "use_lr_scheduler": Parameter(kind="bool", default=True, used=False),
    "optimizer": Parameter(kind="word", choices=("auto", "sgd", "adam", "rmsprop"), default=AUTO, used=False),
    "init_method": Parameter(kind="word", choices=("uniform", "normal"), default="uniform", used=False),
    "init_bias": Parameter(kind="float", default=0.0, used=False),
    **{
        name: Parameter(kind="float", low=0, auto=True, default=AUTO, used=False)
        for name in (
            *("l1", "learning_rate", "momentum", "beta_1", "beta_2", "bias_lr_mult", "bias_wd_mult"),
            *("lr_scheduler_factor", "lr_scheduler_minimum_lr", "init_scale", "init_sigma", "margin"),
            *("early_stopping_tolerance",),
        )
    },
    **{
        name: Parameter(kind="int", low=1, auto=True, default=AUTO, used=False)
        for name in (
            *("num_models", "num_calibration_samples", "num_point_for_scaler"),
            *("lr_scheduler_step", "early_stopping_patience"),
        )
    },
}


class LinearModel(VectorPredictor):
    """The trained weights.

    Args:
        weights: a row for each output.
        bias: a number for each output.
        kind: the predictor_type.
        logistic: whether a binary classifier's outputs are the logarithms of odds.
        cut: the score from which a binary classifier answers 1.
    """

    def __init__(self, weights: Any, bias: Any, kind: str, *, logistic: bool, cut: float) -> None:
        self.width = weights.shape[1]
        self._weights = weights
        self._bias = bias
        self._kind = kind
        self._logistic = logistic
        self._cut = cut

    def scores(self, features: Any) -> Any:
        """Each row's score: a number, or a probability for each class."""
        outputs = features.astype(numpy.float64) @ self._weights.T + self._bias
        if self._kind == MULTICLASS:
            powers = numpy.exp(outputs - outputs.max(1, keepdims=True))
            return powers / powers.sum(1, keepdims=True)
        return 1 / (1 + numpy.exp(-outputs[:, 0])) if self._logistic else outputs[:, 0]

    def rows(self, features: Any, accept: MediaType) -> list[dict[str, Any]]:
        """The score of each row, and a classifier's label."""
        scores = self.scores(features)
        if self._kind == REGRESSOR:
            return [{"score": score} for score in scores.tolist()]
        labels = scores.argmax(1) if self._kind == MULTICLASS else (scores >= self._cut).astype(int)
        return [
            {"score": score, "predicted_label": label}
            for score, label in zip(scores.tolist(), labels.tolist(), strict=True)
        ]


class LinearLearner(Algorithm):
    """The image ``linear-learner``."""

    parameters = _PARAMETERS
    packages = ("scikit-learn",)
    likeness = "same models and losses, by exact solvers where the image descends by stochastic gradients"
    channels = ("train", "validation", "test")

    def train(self, data: TrainingInput) -> None:
        """Train models of several regularizations and keep the best."""
        values, rows = data.values, data.training(labelled=True)
        algorithm.check_mini_batch(values, rows)
        kind, loss = values["predictor_type"], linear_losses.chosen(values)
        _check_labels(values, "train", rows)
        held = {name: data.vectors(name, labelled=True) for name in ("validation", "test")}
        for name, some in held.items():
            if some is not None:
                _check_labels(values, name, some)
        judged = held["validation"] or rows
        decays = _DECAYS if values["wd"] == AUTO else (values["wd"],)
        tried = []
        for decay in decays:
            weights, bias = linear_losses.fit(values, loss, rows, decay)
            model = LinearModel(weights, bias, kind, logistic=loss == "logistic", cut=0.5)
            cost = linear_losses.cost(values, loss, model.scores(judged.features), judged.labels)
            log(f"wd={decay:g}: {loss} loss {cost:.6g}")
            tried.append((cost, weights, bias))
        _, weights, bias = min(tried, key=lambda entry: float(entry[0]))
        cut = 0.5 if loss == "logistic" else 0.0
        if kind == BINARY:
            scores = LinearModel(weights, bias, kind, logistic=loss == "logistic", cut=cut).scores(
                judged.features
            )
            cut = threshold(values, scores, judged.labels, cut)
        stored = {
            "weights": weights,
            "bias": bias,
            "kind": numpy.str_(kind),
            "logistic": numpy.bool_(loss == "logistic"),
            "cut": numpy.float64(cut),
        }
        model = _model(stored)
        for channel, some in (("train", rows), *held.items()):
            if some is not None:
                _report(values, loss, channel, model, some, cut)
        algorithm.save(NAME, **stored)

    def load(self) -> Predictor:
        """The trained weights."""
        return _model(algorithm.load(NAME))


def _model(stored: Mapping[str, Any]) -> LinearModel:
    return LinearModel(
        stored["weights"],
        stored["bias"],
        str(stored["kind"]),
        logistic=bool(stored["logistic"]),
        cut=float(stored["cut"]),
    )


def _check_labels(values: Mapping[str, Any], channel: str, rows: Vectors) -> None:
    kind = values["predictor_type"]
    if kind == REGRESSOR:
        return
    if kind == MULTICLASS and values["num_classes"] is None:
        raise CustomerError(
            "No value(s) were specified for 'num_classes' which are required hyperparameter(s) "
            "(caused by ValidationError)"
        )
    count = 2 if kind == BINARY else values["num_classes"]
    if not set(numpy.unique(rows.labels).tolist()) <= set(range(count)):
        raise CustomerError(f"A label in channel {channel!r} is none of the classes 0 to {count - 1}.")


def _report(
    values: Mapping[str, Any], loss: str, channel: str, model: LinearModel, rows: Vectors, cut: float
) -> None:
    scores, labels = model.scores(rows.features), rows.labels
    cost = linear_losses.cost(values, loss, scores, labels)
    if channel != "test":
        quality(f"epoch={values['epochs'] - 1}, {channel}", f"{loss}_objective", cost)
    quality(channel, f"{loss}_objective", cost)
    if values["predictor_type"] == REGRESSOR:
        errors = scores - labels
        quality(channel, "mse", float((errors**2).mean()))
        quality(channel, "rmse", float((errors**2).mean() ** 0.5))
        quality(channel, "absolute_loss", float(numpy.abs(errors).mean()))
        return
    if values["predictor_type"] == BINARY:
        metrics = binary_metrics(scores, labels, cut, values["f_beta"])
    else:
        metrics = class_metrics(scores, labels, values["f_beta"], values["accuracy_top_k"])
    for name, value in metrics.items():
        quality(channel, name, value, "score")


ALGORITHM = LinearLearner()
