"""One container of a model, served by a local process in place of its image."""

import http.client
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mdlc_local import children
from mdlc_local.sagemaker import storage
from mdlc_local.sagemaker.containers import built_in, process
from mdlc_local.sagemaker.containers.definitions import Container
from mdlc_local.sagemaker.containers.images import Images, foreign_model
from mdlc_local.sagemaker.containers.preparation import PullStoppedError
from mdlc_local.sagemaker.containers.script_mode import needs_packages
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.job import Job

HEALTH_SECONDS = 120
"""How long a model server may take to answer /ping after its start."""

_POLL_SECONDS = 0.05
_PING_TIMEOUT_SECONDS = 2.0
_HOST = "127.0.0.1"


class UnhealthyError(JobFailedError):
    """A container did not answer its health check.

    Attributes:
        container: the container's name.
    """

    def __init__(self, container: str, message: str) -> None:
        super().__init__(message)
        self.container = container


class ModelServer:
    """A container's server process, as a context manager that starts and ends it."""

    def __init__(
        self,
        job: Job,
        container: Container,
        images: Images,
        variables: Mapping[str, str],
        write: Callable[[str], None],
        *,
        isolate: bool,
        health_seconds: float = HEALTH_SECONDS,
    ) -> None:
        self._health_seconds = health_seconds
        self._job = job
        self._name = container.name
        self._container = container.definition
        self._images = images
        self._runtime = images.able_to(container.image, "serve")
        self._variables = variables
        self._write = write
        self._isolate = isolate
        self._process: subprocess.Popen[Any] | None = None
        self._reader: threading.Thread | None = None
        self.port = 0

    def __enter__(self) -> "ModelServer":
        try:
            self._runtime = self._runtime.prepared(self._write, self._job.stop)
        except PullStoppedError:
            return self
        self._fetch()
        try:
            self._choose_by_model()
        except PullStoppedError:
            return self
        if needs_packages(self._job.base, self._container.get("Environment", {})):
            try:
                self._runtime = self._runtime.with_packages().prepared(self._write, self._job.stop)
            except PullStoppedError:
                return self
        self.port = _free_port()
        variables = {
            **self._variables,
            **self._container.get("Environment", {}),
            "SAGEMAKER_BIND_TO_PORT": str(self.port),
            "SAGEMAKER_SAFE_PORT_RANGE": f"{self.port}-{self.port}",
        }
        self._process, self._reader = process.launch(
            self._job,
            self._runtime,
            self._runtime.serve,
            variables,
            self._write,
            isolate=self._isolate,
            reachable=True,
        )
        try:
            self._await_health()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            children.end(self._process)
        if self._reader is not None:
            self._reader.join(timeout=5)

    @property
    def pid(self) -> int | None:
        """The id of the process, which leads its own process group; None when there is none."""
        return None if self._process is None else self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the process has ended or was not started."""
        return self._process is None or self._process.poll() is not None

    def _fetch(self) -> None:
        """Download the model's data to the container's `/opt/ml/model`."""
        folder = self._job.base / "model"
        folder.mkdir(parents=True, exist_ok=True)
        source = self._container.get("ModelDataSource", {}).get("S3DataSource")
        url = self._container.get("ModelDataUrl") or (source and source["S3Uri"])
        if not url:
            return
        if source and source["CompressionType"] == "None":
            self._job.storage.download(url, "S3Prefix", folder)
            return
        archive = Path(self._job.folder) / f"model-{uuid.uuid4().hex[:8]}.tar.gz"
        bucket, key = storage.parse(url)
        self._job.storage.fetch(storage.Source(bucket, key, archive.name), archive)
        storage.unpack(archive, folder)
        archive.unlink()

    def _choose_by_model(self) -> None:
        """Where the image may serve models of several stand-ins, take the one that trained this model.

        Raises:
            JobFailedError: when none of them did.
        """
        if not self._runtime.of_model:
            return
        for name in self._runtime.of_model:
            if (self._job.base / "model" / built_in.model_file(name)).is_file():
                self._runtime = self._images.stand_in(name).prepared(self._write, self._job.stop)
                return
        raise JobFailedError(f"ClientError: {foreign_model(self._container['Image'])}")

    def _await_health(self) -> None:
        deadline = time.monotonic() + self._health_seconds
        while time.monotonic() < deadline and not self._job.stop.is_set():
            if self._process is not None and self._process.poll() is not None:
                break
            if self._answers_ping():
                return
            time.sleep(_POLL_SECONDS)
        if self._job.stop.is_set():
            return
        raise UnhealthyError(
            self._name,
            f"AlgorithmError: See job logs for more information. The {self._name} container did not answer "
            f"GET /ping with 200 on the port of SAGEMAKER_BIND_TO_PORT within {self._health_seconds:g} s, or "
            "ended",
        )

    def _answers_ping(self) -> bool:
        connection = http.client.HTTPConnection(_HOST, self.port, timeout=_PING_TIMEOUT_SECONDS)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
