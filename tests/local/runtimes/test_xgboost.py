"""The stand-in runs as a process of the embedded environment, as the server runs it."""

import http.client
import json
import os
import random
import re
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.commands import features
from jobs.evaluation.gain import read_gain
from tests.jobs import rankings
from tests.jobs.batches import Batch
from tests.local.embedded import PACKAGE, embedded_python

RUNTIME = (str(PACKAGE), "runtime", "xgboost")
GOOD = {"num_round": "8", "objective": "binary:logistic", "eval_metric": "auc,logloss", "max_depth": "3"}


def rows(count: int, seed: int) -> list[str]:
    numbers = random.Random(seed)
    made = []
    for _ in range(count):
        first, second = numbers.random(), numbers.random()
        blank = "" if numbers.random() < 0.2 else f"{second:.4f}"
        made.append(f"{int(first > 0.5)},{first:.4f},{blank}")
    return made


def prepare(
    base: Path, parameters: dict[str, str], channels: dict[str, dict[str, str]], kind: str = "text/csv"
) -> None:
    config = base / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps(parameters))
    (config / "inputdataconfig.json").write_text(
        json.dumps({name: {"ContentType": kind} for name in channels})
    )
    for channel, files in channels.items():
        folder = base / "input" / "data" / channel
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / name).write_text(text)


def environment(base: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "SAGEMAKER_BASE_DIR": str(base), **more}


def train(base: Path) -> "subprocess.CompletedProcess[str]":
    command = [embedded_python(), *RUNTIME, "train"]
    return subprocess.run(command, env=environment(base), capture_output=True, text=True)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    base = tmp_path_factory.mktemp("ml")
    files = {"a.csv": "\n".join(rows(300, 1)) + "\n", "b.csv": "\n".join(rows(300, 2))}
    prepare(base, GOOD, {"train": files, "validation": {"v.csv": "\n".join(rows(200, 3))}})
    ran = train(base)
    assert ran.returncode == 0, ran.stderr
    return base, ran.stdout


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The training records of a ranking, as the features job writes them."""
    batch = Batch(tmp_path_factory.mktemp("ranking"))
    batch.write("rows.csv", rankings.searches(), header=rankings.HEADER)
    features.run(batch.plan(dataset=rankings.DATASET, importance=None), batch.folders())
    return {
        part: {f"{part}.libsvm": batch.output("split", part, f"{part}.libsvm").read_text()}
        for part in ("train", "validation")
    }


def test_a_ranking_learns_the_order_in_groups(tmp_path: Path, groups: dict[str, dict[str, str]]) -> None:
    parameters = {"num_round": "20", "objective": "rank:ndcg", "eval_metric": "ndcg@5", "max_depth": "3"}
    prepare(tmp_path, parameters, groups, kind="text/libsvm")
    ran = train(tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    count = groups["train"]["train.libsvm"].count("\n")
    assert ran.stdout.splitlines()[1] == f"Train matrix has {count} rows and 3 columns"
    first, last = (float(ran.stdout.splitlines()[line].rpartition(":")[2]) for line in (3, -1))
    assert 0.8 < first < last < 1


def test_what_is_no_libsvm_is_refused_as_by_the_image(tmp_path: Path) -> None:
    files = {"a.libsvm": "1,2,3\n"}
    prepare(tmp_path, {"num_round": "1", "objective": "rank:ndcg"}, {"train": files}, kind="text/libsvm")
    ran = train(tmp_path)
    assert ran.returncode == 1
    reason = (tmp_path / "output" / "failure").read_text()
    assert reason.startswith("First line '1,2,3") and "is not 'LIBSVM' format" in reason


def test_weights_are_read_in_training_and_in_validation(tmp_path: Path) -> None:
    """As the image does since its change #145: rows of no weight count in neither channel."""
    lines = {
        channel: [line.replace(",", ",1,", 1) for line in rows(100, seed)]
        + [f"{1 - int(line[0])},0{line[1:]}" for line in rows(100, seed)]
        for seed, channel in enumerate(("train", "validation"))
    }
    files = {channel: {"a.csv": "\n".join(some)} for channel, some in lines.items()}
    prepare(tmp_path, {**GOOD, "csv_weights": "1", "eval_metric": "logloss"}, files)
    ran = train(tmp_path)
    assert ran.returncode == 0, ran.stderr
    last = ran.stdout.splitlines()[-1].split("#011")
    assert all(float(value.rpartition(":")[2]) < 0.3 for value in last[1:]), last


def test_log_lines_are_those_of_the_image(trained: tuple[Path, str]) -> None:
    lines = trained[1].splitlines()
    assert re.match(r"local stand-in of the built-in algorithm xgboost: xgboost \d.*; same lib", lines.pop(0))
    assert lines[:2] == [
        "Train matrix has 600 rows and 2 columns",
        "Validation matrix has 200 rows and 2 columns",
    ]
    assert len(lines) == 2 + int(GOOD["num_round"])
    parts = lines[-1].split("#011")
    assert [part.partition(":")[0] for part in parts] == [
        "[7]",
        "train-auc",
        "train-logloss",
        "validation-auc",
        "validation-logloss",
    ]
    assert float(parts[3].partition(":")[2]) > 0.99


GAINS = """
import json, sys, xgboost
booster = xgboost.Booster()
booster.load_model(bytearray(open(sys.argv[1], "rb").read()))
json.dump(booster.get_score(importance_type="total_gain"), sys.stdout)
"""


def test_the_evaluation_reads_the_same_gain_as_xgboost_does(
    trained: tuple[Path, str], tmp_path: Path
) -> None:
    model = trained[0] / "model" / "xgboost-model"
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(model, arcname=model.name)
    command = [embedded_python(), "-P", "-c", GAINS, str(model)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    total = sum(told.values())
    gain = read_gain(tmp_path, ["first", "second"])
    assert gain == pytest.approx(
        {"first": told["f0"] / total, "second": told.get("f1", 0.0) / total}, rel=1e-5
    )


class Client:
    """Talks to a served model."""

    def __init__(self, port: int) -> None:
        self._port = port

    def request(self, method: str, path: str, body: str = "", kind: str = "text/csv") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request(method, path, body=body.encode(), headers={"Content-Type": kind})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


def serve(base: Path, **more: str) -> Iterator[Client]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [embedded_python(), *RUNTIME, "serve"]
    process = subprocess.Popen(
        command, env=environment(base, SAGEMAKER_BIND_TO_PORT=str(port), **more), stdout=subprocess.DEVNULL
    )
    client = Client(port)
    deadline = time.monotonic() + 30
    while True:
        try:
            client.request("GET", "/ping")
            break
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield client
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def batch(trained: tuple[Path, str]) -> Iterator[Client]:
    yield from serve(trained[0], SAGEMAKER_BATCH="true")


@pytest.fixture(scope="module")
def online(trained: tuple[Path, str]) -> Iterator[Client]:
    yield from serve(trained[0])


def test_answers_in_batches_and_online(batch: Client, online: Client) -> None:
    body = "0.9,0.1\n0.1,0.1\n0.95,\n"
    status, text = batch.request("POST", "/invocations", body)
    assert status == 200
    scores = [float(line) for line in text.splitlines()]
    assert [score > 0.5 for score in scores] == [True, False, True]
    assert text.endswith("\n")
    assert online.request("POST", "/invocations", body) == (200, text)


@pytest.mark.parametrize(
    ("body", "kind", "answer"),
    [
        ("", "text/csv", (204, "")),
        ("{}", "application/json", (415, "Content type application/json is not supported.")),
        (
            "1,2,3",
            "text/csv",
            (
                400,
                "Unable to evaluate payload provided: Feature size of csv inference data 3 is not consistent "
                "with feature size of trained model 2.",
            ),
        ),
    ],
)
def test_requests_that_are_refused(online: Client, body: str, kind: str, answer: tuple[int, str]) -> None:
    assert online.request("POST", "/invocations", body, kind) == answer


def test_what_the_container_offers(online: Client) -> None:
    status, text = online.request("GET", "/execution-parameters")
    assert status == 200
    assert json.loads(text)["BatchStrategy"] == "MULTI_RECORD"
    assert online.request("GET", "/ping") == (200, "")
    assert online.request("GET", "/else")[0] == 404


def test_training_stops_early(tmp_path: Path) -> None:
    parameters = {**GOOD, "num_round": "200", "early_stopping_rounds": "3"}
    text = "\n".join(rows(200, 1))
    prepare(
        tmp_path, parameters, {"train": {"a.csv": text}, "validation": {"v.csv": "\n".join(rows(100, 2))}}
    )
    ran = train(tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("[") < 200


@pytest.mark.parametrize(
    ("parameters", "channels", "reason"),
    [
        (
            {**GOOD, "nun_round": "3"},
            {"train": {"a.csv": "1,2"}},
            "Extraneous hyperparameter found: nun_round",
        ),
        (
            {"objective": "reg:linear"},
            {"train": {"a.csv": "1,2"}},
            "Missing required hyperparameter: num_round",
        ),
        (
            {**GOOD, "max_depth": "x"},
            {"train": {"a.csv": "1,2"}},
            "Hyperparameter max_depth: could not parse",
        ),
        ({**GOOD, "num_round": "0"}, {"train": {"a.csv": "1,2"}}, "value 0 is not in range"),
        (GOOD, {"train": {}}, "No data in training channel"),
        (
            GOOD,
            {"train": {"a.csv": "1,2\n0,1"}, "validation": {"v.csv": ""}},
            "No data in validation channel",
        ),
        (GOOD, {"train": {"a.csv": "late,x\n1,2"}}, "Failed to load csv data"),
        (GOOD, {"train": {"a.csv": "1,2\n,3"}}, "the label, the first column, has missing values"),
        (GOOD, {"train": {"a.csv": "1,2", "b.csv": "1,2,3"}}, "the same number of features"),
        ({**GOOD, "objective": "none"}, {"train": {"a.csv": "1,2"}}, "XGB train call failed"),
    ],
)
def test_the_reason_of_a_failure_is_written(
    tmp_path: Path, parameters: dict[str, str], channels: dict[str, Any], reason: str
) -> None:
    prepare(tmp_path, parameters, channels)
    assert train(tmp_path).returncode == 1
    assert reason in (tmp_path / "output" / "failure").read_text()
