"""The one file to edit: how the model is loaded, and how it predicts.

``predict`` gets rows of numbers, with NaN for missing values, and returns one number (or one list of numbers)
for each row. A `ValueError` becomes the caller's error, status 400. It is never called concurrently.
"""

from pathlib import Path

from serving.booster import Booster
from serving.onnx_model import OnnxModel


def load(model_dir: Path) -> Booster | OnnxModel:
    """Load the model from the folder with the content of ``model.tar.gz``."""
    exported = model_dir / "model.onnx"
    return OnnxModel(exported) if exported.is_file() else Booster(model_dir / "xgboost-model")


def predict(model: Booster | OnnxModel, features: list[list[float]]) -> list[float] | list[list[float]]:
    """The predictions for rows of features."""
    return model.predict(features)
