"""CatBoost, the library that JumpStart's script runs too."""

from typing import Any

from mdlc_local.runtimes.built_in import boosting
from mdlc_local.runtimes.built_in.algorithm import Algorithm, Predictor, TrainingInput
from mdlc_local.runtimes.built_in.boosting import BoostedTrees, model_file
from mdlc_local.runtimes.built_in.container import CustomerError, log
from mdlc_local.runtimes.built_in.hyperparameters import Parameter

NAME = "catboost"
_AUTO = "Auto"
_GROWTH = ("SymmetricTree", "Depthwise", "Lossguide")
_PARAMETERS = {
    "iterations": Parameter(kind="int", low=1, default=500),
    "early_stopping_rounds": Parameter(kind="int", low=1, default=5),
    "eval_metric": Parameter(kind="word", default="auto"),
    "learning_rate": Parameter(kind="float", low=1e-12, high=1, default=0.009),
    "depth": Parameter(kind="int", low=1, high=16, default=6),
    "l2_leaf_reg": Parameter(kind="int", low=1, default=3),
    "random_strength": Parameter(kind="float", low=0, default=1.0),
    "max_leaves": Parameter(kind="int", low=2, high=64, default=31),
    "rsm": Parameter(kind="float", low=1e-12, high=1, default=1.0),
    "sampling_frequency": Parameter(kind="word", choices=("PerTree", "PerTreeLevel"), default="PerTreeLevel"),
    "min_data_in_leaf": Parameter(kind="int", low=1, default=1),
    "bagging_temperature": Parameter(kind="float", low=0, default=1.0),
    "boosting_type": Parameter(kind="word", choices=(_AUTO, "Ordered", "Plain"), default=_AUTO),
    "scale_pos_weight": Parameter(kind="float", low=1e-12, default=1.0),
    "max_bin": Parameter(kind="word", default=_AUTO),
    "grow_policy": Parameter(kind="word", choices=_GROWTH, default="SymmetricTree"),
    "random_seed": Parameter(kind="int", low=0, default=1),
    "thread_count": Parameter(kind="int", low=-1, default=-1),
    "verbose": Parameter(kind="int", low=1, default=1),
    **boosting.FRAMEWORK,
}


class CatBoostTrees(BoostedTrees):
    """A trained model."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.width = len(model.feature_names_)

    def scores(self, features: Any) -> Any:
        """A probability for each class, or a number a row."""
        if self._model.classes_.size:
            return self._model.predict(features, prediction_type="Probability")
        return self._model.predict(features)


class CatBoostAlgorithm(Algorithm):
    """CatBoost by JumpStart."""

    parameters = _PARAMETERS
    packages = ("catboost",)
    likeness = "the library that JumpStart's script runs, in another version"
    channels = boosting.CHANNELS

    def train(self, data: TrainingInput) -> None:
        """Train until the validation metric stops improving."""
        import catboost

        rows, held = boosting.parts(data)
        chosen = {name: value for name, value in data.values.items() if name not in boosting.FRAMEWORK}
        for name in ("boosting_type", "max_bin", "eval_metric"):
            if chosen[name] in (_AUTO, "auto"):
                del chosen[name]
        # CatBoost refuses them where they have no meaning.
        if chosen["grow_policy"] != "Lossguide":
            del chosen["max_leaves"]
        if chosen["grow_policy"] == "SymmetricTree":
            del chosen["min_data_in_leaf"]
        kind, loss = "regression", "RMSE"
        if boosting.classifies():
            several = boosting.classes_of(rows.labels) > 2
            kind, loss = "classification", "MultiClass" if several else "Logloss"
        if loss != "Logloss":
            del chosen["scale_pos_weight"]
        log(f"{kind} with the loss {loss}")
        model = catboost.CatBoost({**chosen, "loss_function": loss, "allow_writing_files": False})
        try:
            model.fit(rows.features, rows.labels, eval_set=(held.features, held.labels))
        except catboost.CatBoostError as error:
            raise CustomerError(f"Training failed: {error}") from error
        model.save_model(str(model_file(NAME)))

    def load(self) -> Predictor:
        """The trained model."""
        import catboost

        model = catboost.CatBoost()
        model.load_model(str(model_file(NAME)))
        return CatBoostTrees(model)


ALGORITHM = CatBoostAlgorithm()
