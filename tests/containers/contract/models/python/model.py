"""A team's model that behaves as a row or a hyperparameter asks it to; models/r/model.R does the same."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def features(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(intercept=1.0)


def train(
    rows: pd.DataFrame,
    label: "pd.Series[float]",
    *,
    stopping: Callable[[], bool],
    checkpoints: Path,
    validation: tuple[pd.DataFrame, "pd.Series[float]"] | None = None,
    behaviour: str = "fit",
    rounds: int = 1,
    ridge: float = 1e-9,
    verbose: bool = False,
) -> Any:
    begun = checkpoints / "rounds.txt"
    done = int(begun.read_text()) if begun.is_file() else 0
    if behaviour == "fail":
        raise KeyError("no such thing")
    if behaviour == "die":
        os._exit(7)
    if behaviour == "nothing":
        return None
    while behaviour == "wait" and not stopping():
        done += 1
        begun.write_text(str(done))
        time.sleep(0.02)
    values = rows.to_numpy()
    square = values.T @ values + ridge * np.eye(values.shape[1])
    return {
        "weights": np.linalg.solve(square, values.T @ label.to_numpy()),
        "rounds": done,
    }


def predict(model: Any, rows: pd.DataFrame) -> Any:
    first = rows["a"].iloc[0]
    if first == 999:
        return [float("nan")] * len(rows)
    if first == 998:
        return np.zeros(len(rows) - 1)
    if first == 997:
        return ["nonsense"] * len(rows)
    if first == 996:
        time.sleep(1.5)
    if first == 995:
        raise KeyError("no such thing")
    if first == 994:
        raise ValueError("secret of the model")
    return rows.to_numpy() @ model["weights"]
