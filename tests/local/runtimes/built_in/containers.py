"""A stand-in's container, whose algorithm runs in the test's own process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pytest

from mdlc_local.runtimes.built_in import hyperparameters
from mdlc_local.runtimes.built_in.algorithm import Algorithm, TrainingInput
from mdlc_local.runtimes.built_in.records import MediaType
from mdlc_local.runtimes.built_in.vectors import VectorPredictor


def csv(table: Any, labels: Any = None) -> str:
    if labels is not None:
        table = numpy.column_stack([labels, table])
    return "".join(",".join(f"{value:.7g}" for value in row) + "\n" for row in table)


@dataclass(frozen=True)
class Container:
    """A container with its folder."""

    base: Path
    capture: pytest.CaptureFixture[str]

    def train(
        self,
        algorithm: Algorithm,
        texts: Mapping[str, Any],
        channels: Mapping[str, str],
        kind: str = "text/csv",
    ) -> dict[str, float]:
        """Train; returns the values of the quality metrics by channel and metric."""
        config = self.base / "input" / "config"
        config.mkdir(parents=True, exist_ok=True)
        (config / "inputdataconfig.json").write_text(
            json.dumps({name: {"ContentType": kind} for name in channels})
        )
        for name, content in channels.items():
            folder = self.base / "input" / "data" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "part-0.csv").write_text(content)
        values = hyperparameters.read(algorithm.parameters, {name: str(text) for name, text in texts.items()})
        algorithm.train(TrainingInput.read(values, algorithm.channels))
        metrics = {}
        for line in self.capture.readouterr().out.splitlines():
            if line.startswith("#quality_metric: "):
                name, value = line.partition(", ")[2].rsplit("=", 1)
                metrics[name.rpartition(" <")[0]] = float(value)
        return metrics

    def answers(
        self, algorithm: Algorithm, features: Any, accept: str = "application/json"
    ) -> list[dict[str, Any]]:
        predictor = algorithm.load()
        assert isinstance(predictor, VectorPredictor)
        return predictor.rows(numpy.asarray(features, dtype=numpy.float32), MediaType.read(accept))


@pytest.fixture
def container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Container:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    return Container(tmp_path, capsys)
