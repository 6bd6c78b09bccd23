"""An inference pipeline: a model's containers, each of which receives the answer of the one before.

Only the last container receives the caller's ``Accept``. AWS does not document this; a report of a pipeline
shows it (github.com/aws/amazon-sagemaker-examples/issues/729). The other containers use their default, which
SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT sets.
"""

import contextvars
import dataclasses
import http
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

from mdlc_local.errors import LocalAwsError
from mdlc_local.sagemaker.containers.connections import Answer, Connections
from mdlc_local.sagemaker.containers.definitions import Container
from mdlc_local.sagemaker.containers.images import Images
from mdlc_local.sagemaker.containers.model_server import HEALTH_SECONDS, ModelServer
from mdlc_local.sagemaker.job import Job

_ANY = "*/*"


class ConnectionLostError(LocalAwsError, OSError):
    """A container gave no answer.

    Attributes:
        container: the container's name.
        late: whether the timeout has passed.
    """

    def __init__(self, container: str, error: OSError) -> None:
        super().__init__(str(error))
        self.container = container
        self.late = isinstance(error, TimeoutError)


@dataclass(frozen=True)
class InvocationOutcome:
    """The result of a request.

    Attributes:
        container: the name of the container that answered last.
        answer: its answer: the last container's, or the first one without success.
    """

    container: str
    answer: Answer


class Pipeline:
    """The servers of a model's containers, as a context manager that starts and ends them.

    Args:
        job: the job or endpoint; each of several containers has its own folder below the job's folder.
        containers: the containers in the model's order.
        images: the local runtimes.
        variables: environment variables for every container.
        writes: for each container, a function that takes its lines of output.
        isolate: whether the containers have neither credentials nor an endpoint of the local AWS.
        health_seconds: how long they may take until they answer /ping.
    """

    def __init__(
        self,
        job: Job,
        containers: Sequence[Container],
        images: Images,
        variables: Mapping[str, str],
        writes: Sequence[Callable[[str], None]],
        *,
        isolate: bool,
        health_seconds: float = HEALTH_SECONDS,
    ) -> None:
        self._names = [container.name for container in containers]
        self._servers = [
            ModelServer(
                job if len(containers) == 1 else dataclasses.replace(job, folder=job.folder / container.name),
                container,
                images,
                variables,
                write,
                isolate=isolate,
                health_seconds=health_seconds,
            )
            for container, write in zip(containers, writes, strict=True)
        ]
        self._connections: list[Connections] = []

    def __enter__(self) -> "Pipeline":
        with ThreadPoolExecutor(len(self._servers)) as pool:
            started = [
                pool.submit(contextvars.copy_context().run, server.__enter__) for server in self._servers
            ]
        failures = [error for start in started if (error := start.exception()) is not None]
        if failures:
            self._end()
            raise failures[0]
        self._connections = [Connections(server.port) for server in self._servers]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def ended(self) -> bool:
        """Whether a container has ended."""
        return any(server.ended for server in self._servers)

    @property
    def process_groups(self) -> list[int]:
        """The process groups of the running containers; each includes its child processes."""
        return [server.pid for server in self._servers if server.pid is not None]

    def is_healthy(self, timeout_seconds: float) -> bool:
        """Whether every container answers /ping in time."""
        try:
            return all(
                connection.request("GET", "/ping", None, {}, timeout_seconds).status == http.HTTPStatus.OK
                for connection in self._connections
            )
        except OSError:
            return False

    def offered(self, timeout_seconds: float) -> Answer:
        """The first container's answer to GET /execution-parameters.

        Raises:
            OSError: when it does not answer.
        """
        return self._connections[0].request("GET", "/execution-parameters", None, {}, timeout_seconds)

    def invoke(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> InvocationOutcome:
        """Send one request through all containers.

        Args:
            body: the first container's request body.
            headers: the caller's headers; later containers get the content type of the previous answer.
            timeout_seconds: the timeout for all containers together.

        Raises:
            ConnectionLostError: when a container does not answer.
        """
        deadline = time.monotonic() + timeout_seconds
        wanted = headers.get("Accept", _ANY)
        passed = dict(headers)
        last = len(self._connections) - 1
        for number, (name, connections) in enumerate(zip(self._names, self._connections, strict=True)):
            passed["Accept"] = wanted if number == last else _ANY
            left = max(deadline - time.monotonic(), 0.001)
            try:
                answer = connections.request("POST", "/invocations", body, passed, left)
            except OSError as error:
                raise ConnectionLostError(name, error) from error
            if number == last or not 200 <= answer.status < 300:
                break
            body = answer.body
            passed.pop("Content-Type", None)
            if "content-type" in answer.headers:
                passed["Content-Type"] = answer.headers["content-type"]
        return InvocationOutcome(name, answer)

    def _end(self) -> None:
        connections, self._connections = self._connections, []
        for connection in connections:
            connection.close()
        with ThreadPoolExecutor(len(self._servers)) as pool:
            for _ in pool.map(lambda server: server.__exit__(), self._servers):
                pass
