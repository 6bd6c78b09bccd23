"""Gradient boosting for how far diabetes goes in a year: trains as a program, answers as a module.

It runs on AWS's scikit-learn image. The label is the first column of the records.
"""

import argparse
import io
import os
from pathlib import Path

import joblib
import numpy as np
from sklearn.ensemble import GradientBoostingRegressor

MODEL = "model.joblib"


def read(channel: str) -> np.ndarray:
    """All rows of a channel."""
    files = sorted(Path(os.environ[f"SM_CHANNEL_{channel.upper()}"]).glob("*.csv"))
    return np.concatenate([np.loadtxt(path, delimiter=",", ndmin=2) for path in files])


def model_fn(model_dir: str) -> GradientBoostingRegressor:
    """The trained model."""
    return joblib.load(Path(model_dir) / MODEL)


def input_fn(body: bytes | str, content_type: str) -> np.ndarray:
    """The rows of a body: text of ``text/csv``, bytes of ``text/csv; charset=utf-8``."""
    if content_type.split(";")[0].strip() != "text/csv":
        raise ValueError(f"content type {content_type!r}: send text/csv")
    text = body.decode() if isinstance(body, bytes) else body
    return np.loadtxt(io.StringIO(text), delimiter=",", ndmin=2)


def main() -> None:
    """Train on the channel, and print the error on the validation rows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--max-depth", type=int, default=3)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    options = parser.parse_args()
    rows, held = read("train"), read("validation")
    model = GradientBoostingRegressor(
        n_estimators=options.trees,
        max_depth=options.max_depth,
        learning_rate=options.learning_rate,
        subsample=0.7,
        random_state=7,
    )
    model.fit(rows[:, 1:], rows[:, 0])
    error = np.sqrt(np.mean((model.predict(held[:, 1:]) - held[:, 0]) ** 2))
    print(f"validation:rmse={error:.4f};")
    joblib.dump(model, Path(os.environ["SM_MODEL_DIR"]) / MODEL)


if __name__ == "__main__":
    main()
