"""One variant of an endpoint: its model's server, supervised until the fleet ends.

An endpoint's instances of a variant are one process here, whatever their number.
"""

import logging
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mdlc_local import clients, options
from mdlc_local.sagemaker import job_permissions
from mdlc_local.sagemaker.connections import Answer, Connections
from mdlc_local.sagemaker.faults import JobFailure
from mdlc_local.sagemaker.images import Images
from mdlc_local.sagemaker.logs import LogStream
from mdlc_local.sagemaker.model_server import HEALTH_SECONDS, ModelServer, container_of
from mdlc_local.sagemaker.records import ENDPOINT, Record, Scope
from mdlc_local.sagemaker.running import SESSION, Job

log = logging.getLogger("mdlc_local.sagemaker")

LOG_GROUP = "/aws/sagemaker/Endpoints"
"""Below it every endpoint has a log group, as on AWS."""

INVOCATION_SECONDS = 60
"""How long a model may take for one request, as on AWS."""

UNHEALTHY_AFTER = 3
"""After so many failed pings in a row the server is started anew."""

_WATCH_SECONDS = 0.1
_PING_SECONDS = 5.0
_PING_TIMEOUT_SECONDS = 10.0
_RESTART_PAUSE_SECONDS = 0.5


class NotRunning(Exception):
    """The variant's server is gone and not back yet."""


class VariantServer:
    """The server of one variant.

    Args:
        variant: the variant of the endpoint configuration.
        endpoint: the endpoint's record.
        config: the endpoint configuration's record.
        model: the model's record.
        scope: account and region.
        images: the local runtimes.
    """

    def __init__(
        self,
        variant: dict[str, Any],
        endpoint: Record,
        config: Record,
        model: Record,
        scope: Scope,
        images: Images,
    ) -> None:
        self.variant = variant
        self.name: str = variant["VariantName"]
        self.weight = float(variant.get("InitialVariantWeight", 1.0))
        self.instances = int(variant.get("InitialInstanceCount", 1))
        self.role_arn: str = model["ExecutionRoleArn"]
        self.image: str = ""
        self.restarts = 0
        self._config = config
        self._model = model
        self._scope = scope
        self._images = images
        self._endpoint_name: str = endpoint["EndpointName"]
        instance = f"i-{uuid.uuid4().hex[:17]}"
        self.log_stream = f"{self.name}/{instance}"
        folder = (
            options.current().state_dir / "endpoints" / self._endpoint_name / f"{self.name}-{instance[-8:]}"
        )
        self._job = Job(kind=ENDPOINT, record=endpoint, scope=scope, role_arn=self.role_arn, folder=folder)
        self._server: ModelServer | None = None
        self._connections: Connections | None = None
        self._watcher: threading.Thread | None = None
        self._logs: LogStream | None = None

    @property
    def is_up(self) -> bool:
        """Whether the server runs."""
        return self._server is not None and not self._server.ended

    @property
    def folder(self) -> Path:
        """The server's working folder."""
        return self._job.folder

    @property
    def log_group(self) -> str:
        """The endpoint's log group."""
        return f"{LOG_GROUP}/{self._endpoint_name}"

    def launch(self) -> None:
        """Start the server and wait until it is well.

        Raises:
            JobFailure: when it cannot be started or does not answer its health check.
        """
        container = container_of(self._model, self._scope)
        self.image = container["Image"]
        job_permissions.check(
            self._job,
            image=self.image,
            volume_key=self._config.get("KmsKeyId"),
            vpc=self._model.get("VpcConfig"),
        )
        self._job.base.mkdir(parents=True)
        client = clients.client("logs", role_arn=self.role_arn, region=self._scope.region, session=SESSION)
        path = options.current().state_dir / "logs" / "sagemaker" / "Endpoints" / self._endpoint_name
        self._logs = LogStream(client, self.log_group, self.log_stream, path / f"{self.log_stream}.log")
        self._logs.__enter__()
        self._start(container)
        self._watcher = threading.Thread(
            target=self._watch, args=(container,), daemon=True, name=f"watch {self._endpoint_name}"
        )
        self._watcher.start()

    def request(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One invocation.

        Raises:
            NotRunning: when the server is being started anew.
            OSError: when it does not answer.
        """
        connections = self._connections
        if connections is None:
            raise NotRunning(self.name)
        return connections.request("POST", "/invocations", body, headers, INVOCATION_SECONDS)

    def end(self) -> None:
        """End the server and its supervision."""
        self._job.stop.set()
        if self._watcher is not None:
            self._watcher.join()
        self._stop()
        if self._logs is not None:
            self._logs.__exit__(None, None, None)
            self._logs = None

    def _start(self, container: dict[str, Any]) -> None:
        assert self._logs is not None
        seconds = self.variant.get("ContainerStartupHealthCheckTimeoutInSeconds", HEALTH_SECONDS)
        server = ModelServer(
            self._job,
            container,
            self._images,
            {},
            self._logs.write,
            isolate=bool(self._model.get("EnableNetworkIsolation")),
            health_seconds=seconds,
        )
        try:
            server.__enter__()
        except ValueError as error:  # the images file has lost the model's runtime
            raise JobFailure(f"ClientError: {error}") from error
        self._server, self._connections = server, Connections(server.port)

    def _stop(self) -> None:
        connections, self._connections = self._connections, None
        server, self._server = self._server, None
        if connections is not None:
            connections.close()
        if server is not None:
            server.__exit__(None, None, None)

    def _watch(self, container: dict[str, Any]) -> None:
        """Start the server anew when it ends by itself or is no longer well."""
        failed, next_ping = 0, time.monotonic() + _PING_SECONDS
        while not self._job.stop.wait(_WATCH_SECONDS):
            ended = self._server is None or self._server.ended
            if not ended and time.monotonic() >= next_ping:
                failed = 0 if self._is_well() else failed + 1
                next_ping = time.monotonic() + _PING_SECONDS
            if ended or failed >= UNHEALTHY_AFTER:
                log.warning(
                    "the server of variant %s of endpoint %s %s: it is started anew",
                    self.name,
                    self._endpoint_name,
                    "ended" if ended else "does not answer /ping",
                )
                failed = 0
                self._restart(container)

    def _is_well(self) -> bool:
        if self._connections is None:
            return False
        try:
            answer = self._connections.request("GET", "/ping", None, {}, _PING_TIMEOUT_SECONDS)
        except OSError:
            return False
        return answer.status == 200

    def _restart(self, container: dict[str, Any]) -> None:
        self._stop()
        self.restarts += 1
        try:
            self._start(container)
        except (JobFailure, RuntimeError) as failure:
            log.warning("variant %s of endpoint %s: %s", self.name, self._endpoint_name, failure)
            self._job.stop.wait(_RESTART_PAUSE_SECONDS)
