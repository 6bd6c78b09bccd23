"""The losses of the linear learner: what each costs, and which scikit-learn model minimizes it."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy

from mdlc_local.runtimes.built_in.container import CustomerError, log
from mdlc_local.runtimes.built_in.hyperparameters import AUTO
from mdlc_local.runtimes.built_in.records import Vectors

_CLASSES = {
    "binary_classifier": ("logistic", "hinge_loss"),
    "multiclass_classifier": ("softmax_loss",),
    "regressor": (
        "squared_loss",
        "absolute_loss",
        "eps_insensitive_squared_loss",
        "eps_insensitive_absolute_loss",
        "quantile_loss",
        "huber_loss",
    ),
}
LOSSES = tuple(loss for losses in _CLASSES.values() for loss in losses)
"""All losses by the image's names; the first of a predictor type is its default."""

_MIN_PASSES = 100
"""Passes of the gradient descent over the rows: it has no schedule as good as the image's."""


def chosen(values: Mapping[str, Any]) -> str:
    """The loss of a job.

    Raises:
        CustomerError: when its predictor_type has no such loss.
    """
    kind, loss = values["predictor_type"], values["loss"]
    if loss == AUTO:
        return _CLASSES[kind][0]
    if loss not in _CLASSES[kind]:
        raise CustomerError(
            f"The loss {loss!r} is none of {list(_CLASSES[kind])} of predictor_type {kind!r}."
        )
    return str(loss)


def cost(values: Mapping[str, Any], loss: str, scores: Any, labels: Any) -> float:
    """The mean loss of scores: probabilities for the losses of classifiers that have them."""
    small = 1e-15
    errors: Any = None if loss in ("logistic", "softmax_loss") else scores - labels
    match loss:
        case "logistic":
            right = numpy.where(labels > 0, scores, 1 - scores)
            costs = -numpy.log(numpy.maximum(right, small))
        case "softmax_loss":
            right = numpy.take_along_axis(scores, labels.astype(int)[:, None], axis=1)
            costs = -numpy.log(numpy.maximum(right, small))
        case "hinge_loss":
            costs = numpy.maximum(0, 1 - numpy.where(labels > 0, 1, -1) * scores)
        case "squared_loss":
            costs = errors**2
        case "absolute_loss":
            costs = numpy.abs(errors)
        case "eps_insensitive_squared_loss":
            costs = numpy.maximum(0, numpy.abs(errors) - values["loss_insensitivity"]) ** 2
        case "eps_insensitive_absolute_loss":
            costs = numpy.maximum(0, numpy.abs(errors) - values["loss_insensitivity"])
        case "quantile_loss":
            share = values["quantile"]
            costs = numpy.where(errors < 0, -share * errors, (1 - share) * errors)
        case _:
            delta, size = values["huber_delta"], numpy.abs(errors)
            costs = numpy.where(size <= delta, errors**2 / 2, delta * (size - delta / 2))
    return float(costs.mean())


def fit(values: Mapping[str, Any], loss: str, rows: Vectors, decay: float) -> tuple[Any, Any]:
    """The weights, a row for each output, and the biases that minimize the loss.

    Args:
        values: the hyperparameters.
        loss: the loss.
        rows: the training rows.
        decay: the L2 regularization, which applies to normalized features.
    """
    features = rows.features.astype(numpy.float64)
    mean, deviation = numpy.zeros(features.shape[1]), numpy.ones(features.shape[1])
    if values["normalize_data"] in (True, AUTO):
        mean = features.mean(0) if values["use_bias"] else mean
        spread = features.std(0)
        deviation = numpy.where(spread > 0, spread, 1)
    normal = (features - mean) / deviation
    labels, middle, scale = rows.labels, 0.0, 1.0
    if values["predictor_type"] == "regressor":
        # Gradient descent needs labels of a moderate size, whatever their unit.
        middle = float(labels.mean()) if values["use_bias"] else 0.0
        scale = float(labels.std()) or 1.0
        labels = (labels - middle) / scale
    model = _estimator(values, loss, decay, len(features), scale)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(normal, labels, sample_weight=_weights(values, rows.labels))
    for warning in caught:
        log(f"{loss}: {' '.join(str(warning.message).split())}")
    weights = numpy.atleast_2d(model.coef_) / deviation * scale
    bias = numpy.atleast_1d(model.intercept_) * scale + middle - weights @ mean
    if loss == "softmax_loss":
        return _all_classes(weights, bias, model.classes_, values["num_classes"])
    return weights, bias


def _estimator(values: Mapping[str, Any], loss: str, decay: float, count: int, scale: float) -> Any:
    from sklearn.linear_model import LogisticRegression, QuantileRegressor, Ridge, SGDClassifier, SGDRegressor

    biased = values["use_bias"]
    descent = {
        "alpha": max(decay, 1e-8),
        "fit_intercept": biased,
        "max_iter": max(values["epochs"], _MIN_PASSES),
        "random_state": 0,
    }
    insensitivity = values["loss_insensitivity"] / scale
    match loss:
        case "logistic" | "softmax_loss":
            # scikit-learn weighs the sum of the losses, the image the mean, against the regularization.
            strength = 1 / (max(decay, 1e-8) * count)
            return LogisticRegression(C=strength, fit_intercept=biased, max_iter=1000)
        case "hinge_loss":
            return SGDClassifier(loss="hinge", **descent)
        case "squared_loss":
            return Ridge(alpha=decay * count, fit_intercept=biased)
        case "quantile_loss":
            return QuantileRegressor(quantile=values["quantile"], alpha=decay, fit_intercept=biased)
        case "absolute_loss":
            return SGDRegressor(loss="epsilon_insensitive", epsilon=0, **descent)
        case "eps_insensitive_absolute_loss":
            return SGDRegressor(loss="epsilon_insensitive", epsilon=insensitivity, **descent)
        case "eps_insensitive_squared_loss":
            return SGDRegressor(loss="squared_epsilon_insensitive", epsilon=insensitivity, **descent)
        case _:
            return SGDRegressor(loss="huber", epsilon=values["huber_delta"] / scale, **descent)


def _weights(values: Mapping[str, Any], labels: Any) -> Any:
    """The rows' weights: of the positive class, or of all classes."""
    if values["predictor_type"] == "multiclass_classifier" and values["balance_multiclass_weights"]:
        kinds, coded, counts = numpy.unique(labels, return_inverse=True, return_counts=True)
        return (len(labels) / (len(kinds) * counts))[coded]
    if values["predictor_type"] != "binary_classifier":
        return None
    text, positive = values["positive_example_weight_mult"], labels > 0
    if text in ("balanced", AUTO):
        factor = max((~positive).sum(), 1) / max(positive.sum(), 1)
    else:
        try:
            factor = float(text)
        except ValueError as error:
            raise CustomerError(
                f"Value {text!r} of hyperparameter 'positive_example_weight_mult' is not balanced, auto or a "
                "number (caused by ValidationError)"
            ) from error
    return numpy.where(positive, factor, 1.0)


def _all_classes(weights: Any, bias: Any, classes: Any, count: int) -> tuple[Any, Any]:
    """Weights of every class, also of those without a row, which are as good as impossible."""
    if len(weights) == 1:  # of two classes scikit-learn keeps only the second one's
        weights, bias = numpy.concatenate([-weights, weights]) / 2, numpy.concatenate([-bias, bias]) / 2
    every, biases = numpy.zeros((count, weights.shape[1])), numpy.full(count, -1e9)
    every[classes.astype(int)], biases[classes.astype(int)] = weights, bias
    return every, biases
