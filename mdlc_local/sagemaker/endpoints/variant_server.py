"""One variant of an endpoint: starts, monitors and restarts the servers of its model's containers.

Each container is one process, independent of the variant's instance count.
"""

import contextvars
import logging
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mdlc_local import clients, options
from mdlc_local.errors import LocalAwsError
from mdlc_local.log_streams import LogStream
from mdlc_local.sagemaker.containers import job_permissions
from mdlc_local.sagemaker.containers.definitions import Container, containers_of
from mdlc_local.sagemaker.containers.images import Images
from mdlc_local.sagemaker.containers.model_server import HEALTH_SECONDS
from mdlc_local.sagemaker.containers.pipeline import InvocationOutcome, Pipeline
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.job import SESSION, Job
from mdlc_local.sagemaker.records import ENDPOINT, Record
from mdlc_local.scopes import Scope

log = logging.getLogger("mdlc_local.sagemaker")

LOG_GROUP = "/aws/sagemaker/Endpoints"
"""The prefix of every endpoint's log group, as on AWS."""

INVOCATION_SECONDS = 60
"""The timeout of one request to a model, as on AWS."""

UNHEALTHY_AFTER = 3
"""After this many failed pings in a row the containers are restarted."""

_WATCH_SECONDS = 0.1
_PING_SECONDS = 5.0
_PING_TIMEOUT_SECONDS = 10.0
_RESTART_PAUSE_SECONDS = 0.5


class NotRunningError(LocalAwsError):
    """The variant's containers are being restarted or have ended."""


class VariantServer:
    """The servers of one variant.

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
        self.images: list[str] = []
        self.restarts = 0
        self.in_flight = 0
        self._counting = threading.Lock()
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
        self._containers: list[Container] = []
        self._pipeline: Pipeline | None = None
        self._watcher: threading.Thread | None = None
        self._logs: list[LogStream] = []

    @property
    def is_up(self) -> bool:
        """Whether all containers run."""
        return self._pipeline is not None and not self._pipeline.ended

    @property
    def process_groups(self) -> list[int]:
        """The process groups of the containers; each includes its child processes."""
        pipeline = self._pipeline
        return [] if pipeline is None else pipeline.process_groups

    @property
    def folder(self) -> Path:
        """The containers' working folder."""
        return self._job.folder

    @property
    def log_group(self) -> str:
        """The endpoint's log group."""
        return f"{LOG_GROUP}/{self._endpoint_name}"

    def launch(self) -> None:
        """Start the containers and wait until all are healthy.

        Raises:
            JobFailedError: when one cannot be started or does not pass its health check.
        """
        self._containers = containers_of(self._model, self._scope)
        self.images = [container.image for container in self._containers]
        for image in self.images:
            job_permissions.check(
                self._job,
                image=image,
                volume_key=self._config.get("KmsKeyId"),
                vpc=self._model.get("VpcConfig"),
            )
        self._job.base.mkdir(parents=True)
        client = clients.client("logs", role_arn=self.role_arn, region=self._scope.region, session=SESSION)
        path = options.current().state_dir / "logs" / "sagemaker" / "Endpoints" / self._endpoint_name
        for container in self._containers:
            single = len(self._containers) == 1
            stream = self.log_stream if single else f"{self.log_stream}/{container.name}"
            log_stream = LogStream(client, self.log_group, stream, path / f"{stream}.log")
            self._logs.append(log_stream.__enter__())
        self._start()
        # A restart is done in the endpoint's account.
        watch = contextvars.copy_context().run
        self._watcher = threading.Thread(
            target=watch, args=(self._watch,), daemon=True, name=f"watch {self._endpoint_name}"
        )
        self._watcher.start()

    def request(self, body: bytes, headers: Mapping[str, str]) -> InvocationOutcome:
        """Send one invocation through the containers.

        Raises:
            NotRunningError: when the containers are being restarted.
            ConnectionLostError: when a container does not answer.
        """
        pipeline = self._pipeline
        if pipeline is None:
            raise NotRunningError(self.name)
        with self._counting:
            self.in_flight += 1
        try:
            return pipeline.invoke(body, headers, INVOCATION_SECONDS)
        finally:
            with self._counting:
                self.in_flight -= 1

    def end(self) -> None:
        """End the containers and their monitoring."""
        self._job.stop.set()
        if self._watcher is not None:
            self._watcher.join()
        self._stop()
        logs, self._logs = self._logs, []
        for log_stream in logs:
            log_stream.__exit__(None, None, None)

    def _start(self) -> None:
        seconds = self.variant.get("ContainerStartupHealthCheckTimeoutInSeconds", HEALTH_SECONDS)
        try:
            pipeline = Pipeline(
                self._job,
                self._containers,
                self._images,
                {},
                [log_stream.write for log_stream in self._logs],
                isolate=bool(self._model.get("EnableNetworkIsolation")),
                health_seconds=seconds,
            )
        except ValueError as error:  # the images file no longer has a runtime for the model's image
            raise JobFailedError(f"ClientError: {error}") from error
        self._pipeline = pipeline.__enter__()

    def _stop(self) -> None:
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            pipeline.__exit__(None, None, None)

    def _watch(self) -> None:
        """Restart all containers when one exits by itself or fails its health checks."""
        failed, next_ping = 0, time.monotonic() + _PING_SECONDS
        while not self._job.stop.wait(_WATCH_SECONDS):
            pipeline = self._pipeline
            ended = pipeline is None or pipeline.ended
            if pipeline is not None and not ended and time.monotonic() >= next_ping:
                failed = 0 if pipeline.is_healthy(_PING_TIMEOUT_SECONDS) else failed + 1
                next_ping = time.monotonic() + _PING_SECONDS
            if ended or failed >= UNHEALTHY_AFTER:
                log.warning(
                    "a container of variant %s of endpoint %s %s: all are started anew",
                    self.name,
                    self._endpoint_name,
                    "ended" if ended else "does not answer /ping",
                )
                failed = 0
                self._restart()

    def _restart(self) -> None:
        self._stop()
        self.restarts += 1
        try:
            self._start()
        except (JobFailedError, RuntimeError) as failure:
            log.warning("variant %s of endpoint %s: %s", self.name, self._endpoint_name, failure)
            self._job.stop.wait(_RESTART_PAUSE_SECONDS)
