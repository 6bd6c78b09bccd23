"""LightGBM, the library that JumpStart's script runs too."""

from typing import Any

import numpy

from mdlc_local.runtimes.built_in import boosting
from mdlc_local.runtimes.built_in.algorithm import Algorithm, Predictor, TrainingInput
from mdlc_local.runtimes.built_in.boosting import BoostedTrees, model_file
from mdlc_local.runtimes.built_in.container import CustomerError, log
from mdlc_local.runtimes.built_in.hyperparameters import Parameter

NAME = "lightgbm"
_AUTO = "auto"
_METRICS = (
    *("rmse", "l1", "l2", "huber", "fair", "binary_logloss", "binary_error", "auc", "average_precision"),
    *("multi_logloss", "multi_error", "auc_mu", "cross_entropy"),
)
_PARAMETERS = {
    "num_boost_round": Parameter(kind="int", low=1, default=100),
    "early_stopping_rounds": Parameter(kind="int", low=1, default=10),
    "metric": Parameter(kind="word", choices=(_AUTO, *_METRICS), default=_AUTO),
    "learning_rate": Parameter(kind="float", low=1e-12, default=0.1),
    "num_leaves": Parameter(kind="int", low=2, high=131_072, default=64),
    "feature_fraction": Parameter(kind="float", low=1e-12, high=1, default=0.9),
    "feature_fraction_bynode": Parameter(kind="float", low=1e-12, high=1, default=1.0),
    "bagging_fraction": Parameter(kind="float", low=1e-12, high=1, default=0.9),
    "bagging_freq": Parameter(kind="int", low=0, default=1),
    "max_depth": Parameter(kind="int", default=6),
    "min_data_in_leaf": Parameter(kind="int", low=0, default=3),
    "max_delta_step": Parameter(kind="float", default=0.0),
    "lambda_l1": Parameter(kind="float", low=0, default=0.0),
    "lambda_l2": Parameter(kind="float", low=0, default=0.0),
    "boosting": Parameter(kind="word", choices=("gbdt", "rf", "dart", "goss"), default="gbdt"),
    "min_gain_to_split": Parameter(kind="float", low=0, default=0.0),
    "scale_pos_weight": Parameter(kind="float", low=1e-12, default=1.0),
    "is_unbalance": Parameter(kind="bool", default=False),
    "max_bin": Parameter(kind="int", low=2, default=255),
    "tweedie_variance_power": Parameter(kind="float", low=1, high=2, default=1.5),
    "num_threads": Parameter(kind="int", low=0, default=0),
    "verbosity": Parameter(kind="int", default=1, used=False),
    "tree_learner": Parameter(
        kind="word", choices=("serial", "feature", "data", "voting"), default="serial", used=False
    ),
    **boosting.FRAMEWORK,
}
_OWN = (
    "num_boost_round",
    "early_stopping_rounds",
    "metric",
    "verbosity",
    "tree_learner",
    *boosting.FRAMEWORK,
)


class LightGbmTrees(BoostedTrees):
    """A trained booster."""

    def __init__(self, booster: Any) -> None:
        self._booster = booster
        self.width = booster.num_feature()

    def scores(self, features: Any) -> Any:
        """The probability of both classes, of each of several, or a number a row."""
        outputs = self._booster.predict(features)
        if outputs.ndim == 1 and self._booster.params.get("objective", "").startswith("binary"):
            return numpy.stack([1 - outputs, outputs], axis=1)
        return outputs


class LightGbm(Algorithm):
    """LightGBM by JumpStart."""

    parameters = _PARAMETERS
    packages = ("lightgbm",)
    likeness = "the library that JumpStart's script runs, in another version"
    channels = boosting.CHANNELS

    def train(self, data: TrainingInput) -> None:
        """Train until the validation metric stops improving."""
        import lightgbm

        values = data.values
        rows, held = boosting.parts(data)
        objective, extra, metric = "regression", {}, "rmse"
        if boosting.classifies():
            count = boosting.classes_of(rows.labels)
            objective, metric = ("binary", "auc") if count == 2 else ("multiclass", "multi_logloss")
            extra = {} if count == 2 else {"num_class": count}
        chosen = {name: value for name, value in values.items() if name not in _OWN and value is not None}
        chosen |= {"objective": objective, "metric": metric, **extra, "verbosity": -1, "seed": 0}
        if values["metric"] != _AUTO:
            chosen["metric"] = values["metric"]
        if objective != "binary":  # LightGBM refuses them for other objectives
            chosen = {
                name: value
                for name, value in chosen.items()
                if name not in ("is_unbalance", "scale_pos_weight")
            }
        table = lightgbm.Dataset(rows.features, rows.labels)
        callbacks = [_print]
        if values["boosting"] != "dart":
            callbacks.append(lightgbm.early_stopping(values["early_stopping_rounds"], verbose=False))
        try:
            booster = lightgbm.train(
                chosen,
                table,
                values["num_boost_round"],
                valid_sets=[table.create_valid(held.features, held.labels)],
                valid_names=["validation"],
                callbacks=callbacks,
            )
        except lightgbm.basic.LightGBMError as error:
            raise CustomerError(f"Training failed: {error}") from error
        booster.save_model(model_file(NAME), num_iteration=booster.best_iteration)

    def load(self) -> Predictor:
        """The trained booster."""
        import lightgbm

        booster = lightgbm.Booster(model_file=model_file(NAME))
        return LightGbmTrees(booster)


def _print(environment: Any) -> None:
    """Print a round's metrics as ``auc: 0.9``, the form of the metrics' definitions."""
    shown = "".join(f", {metric}: {value:.6f}" for _, metric, value, *_ in environment.evaluation_result_list)
    log(f"[{environment.iteration + 1}]{shown}")


ALGORITHM = LightGbm()
