"""XGBoost's C interface gives what its Python package gives (also: `test_serve`)."""

from pathlib import Path

import pytest

from tests.containers.python.conftest import QUESTION, train
from tests.containers.python.running import end, launch, lay_out, output, running

pytestmark = pytest.mark.slow


def test_several_classes_are_several_values(tmp_path: Path) -> None:
    expected = train(tmp_path, classes=3)
    with running(tmp_path, SAGEMAKER_MODEL_SERVER_WORKERS="1") as container:
        status, body = container.ask(QUESTION)
    assert status == 200
    found = [[float(cell) for cell in line.split(",")] for line in body.splitlines()]
    for row, answer in zip(found, expected, strict=True):
        assert len(row) == 3 and row == pytest.approx(answer, abs=1e-6)


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    container = launch(lay_out(tmp_path, {"xgboost-model": b"no model"}), SAGEMAKER_MODEL_SERVER_WORKERS="1")
    try:
        assert container.process.wait(30) != 0
    finally:
        end(container)
    assert "XGBoosterLoadModel" in output(container)
