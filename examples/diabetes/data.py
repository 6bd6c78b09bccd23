"""442 patients with ten measures of each, from scikit-learn.

Source: Efron, Hastie, Johnstone and Tibshirani (2004), Least angle regression, Annals of Statistics 32.
"""

import csv
from pathlib import Path

from sklearn.datasets import load_diabetes

_PATIENTS = load_diabetes(scaled=False)
COLUMNS = {str(name): "integer" if name == "sex" else "number" for name in _PATIENTS.feature_names}


def write(path: Path, *, every: int = 1, label: bool = True) -> Path:
    """Write patients to a CSV file.

    Args:
        every: 4 for each fourth patient only.
        label: whether to write how far the disease went.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*COLUMNS, *(["progression"] if label else [])])
        rows = zip(_PATIENTS.data.tolist(), _PATIENTS.target.tolist(), strict=True)
        for values, progression in list(rows)[::every]:
            numbers = [f"{value:g}" for value in values]
            writer.writerow([*numbers, *([f"{progression:g}"] if label else [])])
    return path
