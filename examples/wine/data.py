"""178 wines with thirteen measures of each, from scikit-learn.

Source: Aeberhard and Forina (1991), Wine, UCI Machine Learning Repository, https://doi.org/10.24432/C5PC7J.
"""

import csv
from pathlib import Path

from sklearn.datasets import load_wine

_WINES = load_wine()
CLASSES = tuple(str(name) for name in _WINES.target_names)
MEASURES = tuple(name.replace("/", "_") for name in _WINES.feature_names)


def write(path: Path, *, every: int = 1, label: bool = True) -> Path:
    """Write wines to a CSV file.

    Args:
        every: 4 for each fourth wine only.
        label: whether to write each wine's cultivar.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*MEASURES, *(["cultivar"] if label else [])])
        for values, target in list(zip(_WINES.data.tolist(), _WINES.target.tolist(), strict=True))[::every]:
            writer.writerow([*values, *([CLASSES[target]] if label else [])])
    return path
