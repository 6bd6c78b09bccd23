"""The template as a process: the packages of its lock, a model, an address."""

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.containers import free_port
from benchmarks.environments import environment_of

TEMPLATE = Path(__file__).resolve().parents[3] / "containers" / "python"
START_SECONDS = 60


@dataclass(frozen=True)
class Running:
    """A container that has answered /ping."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(
        self, body: bytes, kind: str = "text/csv", path: str = "/invocations", **headers: str
    ) -> tuple[int, str]:
        connection = self.connect()
        try:
            connection.request("POST", path, body, {"Content-Type": kind, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def healthy(self) -> bool:
        connection = self.connect()
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def python() -> Path:
    """The Python with the packages of the template's lock."""
    return environment_of(TEMPLATE / "requirements.lock")


def launch(base: Path, program: Path = TEMPLATE / "serve.py", **variables: str) -> Running:
    """Start the container's program on a free port."""
    port = free_port()
    given = {
        "SAGEMAKER_BASE_DIR": str(base),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "MDLC_BIND_HOST": "127.0.0.1",
        **variables,
    }
    log = base / f"container-{port}.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [python(), program, "serve"],
            env={**os.environ, **given},
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Running(port, process, log)


@contextmanager
def running(base: Path, program: Path = TEMPLATE / "serve.py", **variables: str) -> Iterator[Running]:
    """A healthy container; ended in the end."""
    container = launch(base, program, **variables)
    try:
        await_health(container)
        yield container
    finally:
        end(container)


def await_health(container: Running) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not container.healthy():
        ended = container.process.poll() is not None
        if ended or time.monotonic() > deadline:
            end(container)
            raise AssertionError(f"the container is not healthy: {output(container)}")
        time.sleep(0.05)


def end(container: Running) -> None:
    """End the process and whatever it started."""
    if container.process.poll() is None:
        container.process.send_signal(signal.SIGTERM)
        try:
            container.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(container.process.pid, signal.SIGKILL)
            container.process.wait(5)


def output(container: Running) -> str:
    """What the container printed so far."""
    return container.log.read_text()


def copy_with_model(target: Path, model: str) -> Path:
    """A copy of the template with another model.py, as a team would make it; returns its program."""
    target.mkdir()
    (target / "serving").symlink_to(TEMPLATE / "serving")
    (target / "serve.py").write_text((TEMPLATE / "serve.py").read_text())
    (target / "model.py").write_text(model)
    return target / "serve.py"


def lay_out(base: Path, files: Mapping[str, bytes]) -> Path:
    """What stands for /opt/ml, with files in its model folder."""
    for name, content in files.items():
        path = base / "model" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return base
