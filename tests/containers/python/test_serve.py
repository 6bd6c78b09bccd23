"""The container's program, run as its image runs it."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.python.conftest import QUESTION
from tests.containers.python.running import (
    TEMPLATE,
    Running,
    copy_with_model,
    end,
    launch,
    lay_out,
    output,
    python,
    running,
)

pytestmark = pytest.mark.slow

SLOW = """
import os, time

def load(model_dir):
    return None

def predict(model, features):
    if features[0][0] < 0:
        raise KeyError("the model's own fault")
    time.sleep(features[0][0])
    return [float(os.getpid())] * len(features)
"""


@pytest.fixture(scope="module")
def served(trained: tuple[Path, list[float]]) -> Iterator[Running]:
    base, _ = trained
    with running(base, SAGEMAKER_MODEL_SERVER_WORKERS="1", MDLC_MODEL_VERSION="7") as container:
        yield container


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_with_model(tmp_path_factory.mktemp("slow") / "image", SLOW)


def test_the_model_answers_as_xgboost_does(served: Running, trained: tuple[Path, list[float]]) -> None:
    status, body = served.ask(QUESTION)
    assert status == 200
    assert [float(line) for line in body.splitlines()] == pytest.approx(trained[1], abs=1e-6)


def test_answers_carry_the_version(served: Running) -> None:
    _, body = served.ask(QUESTION, Accept="application/jsonlines")
    answers = [json.loads(line) for line in body.splitlines()]
    assert [sorted(answer) for answer in answers] == [["score", "version"]] * 3
    assert {answer["version"] for answer in answers} == {7}


@pytest.mark.parametrize(
    ("body", "kind", "status", "text"),
    [
        (b"1,2\n3,x", "text/csv", 400, "Line 2, column 2: 'x' is no number."),
        (b"1,2,3", "text/csv", 400, "Line 1 has 3 values, the model takes 2."),
        (b"{}", "application/jsonlines", 415, "pack the feature program beside the model"),
    ],
)
def test_a_wrong_request_is_named(served: Running, body: bytes, kind: str, status: int, text: str) -> None:
    told, answer = served.ask(body, kind)
    assert told == status and text in answer


def test_a_large_body(served: Running) -> None:
    status, body = served.ask(QUESTION * 20_000)
    assert status == 200 and len(body.splitlines()) == 60_000


def test_ping_is_answered_while_the_model_thinks(slow: Path, tmp_path: Path) -> None:
    with running(lay_out(tmp_path, {}), slow, SAGEMAKER_MODEL_SERVER_WORKERS="1") as container:
        container.ask(b"0.02")  # now it is known to be slow
        thread = threading.Thread(target=container.ask, args=(b"2",))
        thread.start()
        time.sleep(0.2)
        start = time.monotonic()
        assert container.healthy()
        assert time.monotonic() - start < 1
        thread.join()


def test_what_the_model_raises_is_a_500_and_stands_in_the_log(slow: Path, tmp_path: Path) -> None:
    with running(lay_out(tmp_path, {}), slow, SAGEMAKER_MODEL_SERVER_WORKERS="1") as container:
        assert container.ask(b"-1")[0] == 500
    assert "the model's own fault" in output(container)


@pytest.mark.parametrize("whole_group", [False, True], ids=["the program", "every process"])
def test_sigterm_lets_requests_under_way_finish(slow: Path, tmp_path: Path, whole_group: bool) -> None:
    answered: list[tuple[int, str]] = []
    with running(lay_out(tmp_path, {}), slow, SAGEMAKER_MODEL_SERVER_WORKERS="2") as container:
        crowd = [threading.Thread(target=lambda: answered.append(container.ask(b"0.5\n1"))) for _ in range(4)]
        for thread in crowd:
            thread.start()
        time.sleep(0.3)
        if whole_group:
            os.killpg(container.process.pid, signal.SIGTERM)
        else:
            container.process.send_signal(signal.SIGTERM)
        for thread in crowd:
            thread.join()
        assert container.process.wait(10) in (0, -signal.SIGTERM)
    assert [status for status, _ in answered] == [200] * 4
    assert not container.healthy()


def test_a_process_that_dies_is_replaced(slow: Path, tmp_path: Path) -> None:
    with running(lay_out(tmp_path, {}), slow, SAGEMAKER_MODEL_SERVER_WORKERS="2") as container:
        victim = int(float(container.ask(b"0")[1]))
        os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + 20
        survivors: set[int] = set()
        while len(survivors) < 2 and time.monotonic() < deadline:
            survivors |= {int(float(container.ask(b"0.02")[1])) for _ in range(2)}
        assert len(survivors) == 2 and victim not in survivors


@pytest.mark.parametrize("workers", ["1", "2"])
def test_without_a_model_it_ends_and_says_why(tmp_path: Path, workers: str) -> None:
    container = launch(lay_out(tmp_path, {"other": b""}), SAGEMAKER_MODEL_SERVER_WORKERS=workers)
    try:
        container.process.wait(30)
    finally:
        end(container)
    assert "model.tar.gz must hold xgboost-model at its top" in output(container)


def test_other_commands_are_refused() -> None:
    done = subprocess.run([python(), TEMPLATE / "serve.py", "train"], capture_output=True, text=True)
    assert done.returncode == 1 and "it does not know 'train'" in done.stderr
