"""SIGTERM at a moment at which ``train`` does not run yet."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import container
from mdlc_container import channels, logs, own_code, privileges, records, training
from tests.containers.contract import containers

STOPPED = 128 + signal.SIGTERM


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    """The process's own handler, put back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def end(*_: Any) -> Any:
    os.kill(os.getpid(), signal.SIGTERM)
    return SimpleNamespace(rows=np.ones((2, 2)), label=None, weight=None)


def test_a_signal_while_the_program_begins_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "configure", lambda: None)
    monkeypatch.setattr(privileges, "give_up_root", end)
    with pytest.raises(SystemExit) as ended:
        container.main(["train"])
    assert ended.value.code == STOPPED


def ended_while_reading(train: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    containers.write_channels(folder)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(folder))
    monkeypatch.setattr(own_code, "load", lambda _: SimpleNamespace(train=train))
    monkeypatch.setattr(records, "read", lambda: records.Records(columns=("a", "b"), label="y"))
    monkeypatch.setattr(channels, "read", end)
    return training.run()


def test_a_signal_while_channels_are_read_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    assert ended_while_reading(lambda rows: seen.append(rows), tmp_path, monkeypatch) == STOPPED
    assert not seen and not (tmp_path / "output" / "failure").exists()


def test_a_training_that_looks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def train(rows: Any, *, stopping: Any) -> None:
        seen.append(stopping())

    ended_while_reading(train, tmp_path, monkeypatch)
    assert seen == [True]


@pytest.mark.slow
def test_r_ends_when_it_was_told_before_it_could_be_killed(tmp_path: Path) -> None:
    """The shell has made the file, and found no ``.hard``: R must look itself."""
    own, base, stop_file = tmp_path / "own", containers.write_channels(tmp_path / "ml"), tmp_path / "stop"
    own.mkdir()
    stop_file.touch()
    predicts = "#* @post /invocations\nanswers <- function(model, rows) rows\n"
    (own / "model.R").write_text(f"train <- function(rows, label) 1\n{predicts}")
    argv = [
        "Rscript",
        "--vanilla",
        str(containers.image("r", tmp_path / "image", own) / "container.R"),
        "train",
    ]
    variables = containers.variables(base, MDLC_STOP_FILE=str(stop_file))
    assert subprocess.run(argv, env=variables).returncode == STOPPED
    assert (tmp_path / "stop.hard").exists() and not (base / "model").exists()
