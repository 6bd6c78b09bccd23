"""A model that every test of the running template may serve."""

import subprocess
from pathlib import Path

import pytest

from tests.containers.python.running import python

TRAINING = """
import sys, numpy, xgboost
numbers = numpy.random.default_rng(int(sys.argv[2]))
rows = numbers.normal(size=(500, 2)).astype("float32")
rows[::7, 0] = numpy.nan
classes = int(sys.argv[3])
label = numpy.digitize(numpy.nan_to_num(rows[:, 0]) + rows[:, 1], [0, 1][: classes - 1])
several = {"objective": "multi:softprob", "num_class": classes}
more = several if classes > 2 else {"objective": "binary:logistic"}
table = xgboost.DMatrix(rows, label=label)
model = xgboost.train({**more, "nthread": 1, "seed": 1}, table, 12)
model.set_attr(best_iteration="4")
model.save_model(sys.argv[1])
asked = numpy.array([[0.5, 0.25], [numpy.nan, -1], [3, 4]], dtype="float32")
for answer in model.predict(xgboost.DMatrix(asked), iteration_range=(0, 5)).tolist():
    print(",".join(map(str, answer)) if isinstance(answer, list) else answer)
"""

QUESTION = b"0.5,0.25\n,-1\n3,4\n"
"""The rows whose answers training printed."""


def train(base: Path, seed: int = 1, classes: int = 2) -> list[list[float]]:
    """Write a model below what stands for /opt/ml; returns XGBoost's own answers to `QUESTION`."""
    target = base / "model" / "xgboost-model"
    target.parent.mkdir(parents=True)
    command = [str(python()), "-W", "ignore", "-c", TRAINING, str(target), str(seed), str(classes)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return [[float(cell) for cell in line.split(",")] for line in told.stdout.splitlines()]


@pytest.fixture(scope="package")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """What stands for /opt/ml with a model of two features, and XGBoost's answers to `QUESTION`."""
    base = tmp_path_factory.mktemp("opt") / "ml"
    return base, [answer for (answer,) in train(base)]
