"""The one file to edit: how the model is loaded, and how it answers.

``predict`` gets rows of numbers, NaN where a value is missing, and returns one number a row (or one list of
numbers a row). A `ValueError` becomes the caller's error, status 400. It is never called twice at once.
"""

from pathlib import Path

from serving.booster import Booster


def load(model_dir: Path) -> Booster:
    """The model from the folder that held it in ``model.tar.gz``."""
    return Booster(model_dir / "xgboost-model")


def predict(model: Booster, features: list[list[float]]) -> list[float] | list[list[float]]:
    """The answers to rows."""
    return model.predict(features)
