"""Runs serving containers as processes: this project's template, also with ONNX Runtime, and a Flask one."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.environments import environment_of
from benchmarks.load import Load, generate, http_request

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE, ONNX, TWIN = "template", "template, ONNX Runtime", "Flask and gunicorn"
START_SECONDS = 60.0
FEATURES = 20

_HOST = "127.0.0.1"
_TRAINING = """
import sys, numpy, xgboost
numbers = numpy.random.default_rng(1)
rows = numbers.normal(size=(20000, {features})).astype("float32")
label = (rows[:, 0] + rows[:, 1] * rows[:, 2] + numbers.normal(size=20000) > 0).astype("float32")
options = {{"objective": "binary:logistic", "max_depth": 6, "eta": 0.1, "nthread": 1, "seed": 1}}
xgboost.train(options, xgboost.DMatrix(rows, label=label), 200).save_model(sys.argv[1])
"""
_EXPORT = """
import sys, tarfile, tempfile
from pathlib import Path
sys.path.insert(0, {root!r})
from jobs.export.convert import read_booster, to_onnx
with tempfile.TemporaryDirectory() as folder:
    with tarfile.open(Path(folder) / "model.tar.gz", "w:gz") as archive:
        archive.add(sys.argv[1], "xgboost-model")
    Path(sys.argv[2]).write_bytes(to_onnx(read_booster(Path(folder))))
"""


@dataclass(frozen=True, kw_only=True)
class Container:
    """A serving container as a process.

    Attributes:
        lock: the lock file of its environment.
        program: the Python file that its image runs.
        model: the folder beside the models that replaces /opt/ml.
        variables: the environment variables for the number of worker processes.
    """

    lock: Path
    program: Path
    variables: tuple[str, ...]
    model: str = "ml"


CONTAINERS = {
    TEMPLATE: Container(
        lock=ROOT / "containers/python/requirements.lock",
        program=ROOT / "containers/python/serve.py",
        variables=("SAGEMAKER_MODEL_SERVER_WORKERS",),
    ),
    ONNX: Container(
        lock=ROOT / "containers/python/requirements-onnx.lock",
        program=ROOT / "containers/python/serve.py",
        variables=("SAGEMAKER_MODEL_SERVER_WORKERS",),
        model="ml-onnx",
    ),
    TWIN: Container(
        lock=ROOT / "benchmarks/serving_twin/requirements.lock",
        program=ROOT / "benchmarks/serving_twin/serve.py",
        variables=("MODEL_SERVER_WORKERS",),
    ),
}


@dataclass(kw_only=True)
class ContainerLoads:
    """All measurements of one container under one kind of load."""

    loads: list[Load] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Requests per second of the best round, as other work on the machine can only slow it down."""
        return max(load.per_second for load in self.loads)

    @property
    def best(self) -> Load:
        return max(self.loads, key=lambda load: load.per_second)

    @property
    def cpu_milliseconds(self) -> float:
        """The server processes' CPU time per request, the minimum of all rounds."""
        return min(self.cpu_milliseconds_each)

    @property
    def cpu_milliseconds_each(self) -> list[float]:
        """The server processes' CPU time per request, of every round."""
        pairs = zip(self.loads, self.cpu_seconds, strict=True)
        return [cpu / len(load.latencies) * 1000 for load, cpu in pairs]


def write_model(folder: Path) -> Path:
    """Train the model that all containers serve, and export it to ONNX beside it.

    Returns:
        The folder that replaces /opt/ml of the containers that read XGBoost's own format.
    """
    target = folder / "ml" / "model" / "xgboost-model"
    target.parent.mkdir(parents=True)
    python = environment_of(CONTAINERS[TEMPLATE].lock)
    program = _TRAINING.format(features=FEATURES)
    subprocess.run([python, "-W", "ignore", "-c", program, str(target)], check=True)
    exported = folder / CONTAINERS[ONNX].model / "model" / "model.onnx"
    exported.parent.mkdir(parents=True)
    converter = environment_of(ROOT / "jobs/export/requirements.lock")
    program = _EXPORT.format(root=str(ROOT))
    subprocess.run([converter, "-W", "ignore", "-c", program, str(target), str(exported)], check=True)
    return folder / "ml"


def csv_body(rows: int) -> bytes:
    """A CSV body with that many rows of features."""
    lines = [
        ",".join(f"{((row * FEATURES + column) * 37 % 400 - 200) / 100:.6f}" for column in range(FEATURES))
        for row in range(rows)
    ]
    return ("\n".join(lines) + "\n").encode()


def halves() -> tuple[set[int], set[int]]:
    """The cores of the servers and those of the load generator: disjoint if there are at least two cores."""
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    cores = sorted(os.sched_getaffinity(0))
    middle = max(1, len(cores) // 2)
    return set(cores[:middle]), set(cores[middle:] or cores)


@contextmanager
def serving(name: str, base: Path, cores: set[int], log: Path) -> Iterator[tuple[int, int]]:
    """Run a container; yields its port and process id after it has answered /ping and a first request."""
    container = CONTAINERS[name]
    port = free_port()
    workers = str(len(cores) or os.cpu_count() or 1)
    environment = {
        **os.environ,
        "SAGEMAKER_BASE_DIR": str(base),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "MDLC_BIND_HOST": _HOST,
        "OMP_NUM_THREADS": "1",
        **dict.fromkeys(container.variables, workers),
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            pinned([str(environment_of(container.lock)), str(container.program), "serve"], cores),
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _await_answers(port, process, log)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def pinned(command: Sequence[str], cores: set[int]) -> list[str]:
    """The command, pinned to the cores by util-linux's taskset; unchanged without cores."""
    return ["taskset", "-c", ",".join(map(str, sorted(cores))), *command] if cores else list(command)


def free_port() -> int:
    """A free port of this machine."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def compare(
    base: Path, log: Path, bodies: Mapping[str, tuple[int, int]], *, rounds: int, seconds: float
) -> dict[tuple[str, str], ContainerLoads]:
    """Measure all containers under each kind of load, alternately.

    Args:
        base: the folder that replaces /opt/ml, with the exported model's beside it.
        log: the file for the servers' output.
        bodies: rows per request and number of connections, by the name of the load.
        rounds: the number of measurements.
        seconds: the duration of each measurement.
    """
    servers, generator = halves()
    before = os.sched_getaffinity(0) if generator else set()
    measured: dict[tuple[str, str], ContainerLoads] = {
        (name, kind): ContainerLoads() for name in CONTAINERS for kind in bodies
    }
    with ExitStack() as started:
        running = {
            name: started.enter_context(serving(name, base.with_name(container.model), servers, log))
            for name, container in CONTAINERS.items()
        }
        for name in (ONNX, TWIN):
            check_equal(running[TEMPLATE][0], running[name][0])
        if generator:
            os.sched_setaffinity(0, generator)
        try:
            for turn in range(rounds + 1):
                for kind, (rows, connections) in bodies.items():
                    request = http_request(csv_body(rows), "text/csv")
                    for name, (port, pid) in running.items():
                        used = tree_cpu_seconds(pid)
                        load = generate(port, request, connections=connections, seconds=seconds)
                        used = tree_cpu_seconds(pid) - used
                        if turn:  # the first round is a warm-up
                            measured[name, kind].loads.append(load)
                            measured[name, kind].cpu_seconds.append(used)
        finally:
            if before:
                os.sched_setaffinity(0, before)
    return measured


def check_equal(port: int, other: int) -> None:
    """Assert that two containers give the same answers.

    Raises:
        AssertionError: when they do not.
    """
    answers = [_answers(port, csv_body(50)) for port in (port, other)]
    furthest = max(abs(a - b) for a, b in zip(*answers, strict=True))
    assert furthest < 1e-6, f"the containers' answers differ by {furthest}"


def tree_cpu_seconds(pid: int) -> float:
    """User and system time so far of a process and its running descendants; 0 without /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    ticks = int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK") + sum(tree_cpu_seconds(int(child)) for child in children)


def _answers(port: int, body: bytes) -> list[float]:
    connection = http.client.HTTPConnection(_HOST, port, timeout=30)
    try:
        connection.request("POST", "/invocations", body, {"Content-Type": "text/csv"})
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        return [float(line) for line in text.splitlines()]
    finally:
        connection.close()


def _await_answers(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until /ping succeeds, and send one request.

    Raises:
        RuntimeError: when the container ended or did not answer in time.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection(_HOST, port, timeout=5)
        try:
            connection.request("GET", "/ping")
            if connection.getresponse().status == 200:
                _answers(port, csv_body(1))
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError(f"a container did not become healthy: {log.read_text()[-2000:]}")
