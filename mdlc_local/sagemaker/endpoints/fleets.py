"""A fleet: the servers of one endpoint configuration, which start and end together."""

import contextvars
import random
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.containers.images import Images
from mdlc_local.sagemaker.containers.model_server import UnhealthyError
from mdlc_local.sagemaker.endpoints.variant_server import INVOCATION_SECONDS, VariantServer
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.records import MODEL, Record
from mdlc_local.scopes import Scope

_DRAIN_POLL_SECONDS = 0.02


class Fleet:
    """The servers of one endpoint configuration.

    Args:
        endpoint: the endpoint's record.
        config: the endpoint configuration's record.
        scope: account and region.
        images: the local runtimes.

    Raises:
        JobFailedError: when a model of the configuration no longer exists.
    """

    def __init__(self, endpoint: Record, config: Record, scope: Scope, images: Images) -> None:
        self.config = config
        self.config_name: str = config["EndpointConfigName"]
        self.capture: dict[str, Any] | None = config.get("DataCaptureConfig")
        self.in_flight = 0
        self.lock = threading.Lock()

        def server(variant: dict[str, Any]) -> VariantServer:
            model = records.find(MODEL, variant["ModelName"], scope)
            if model is None:
                raise JobFailedError(f"ClientError: model {variant['ModelName']} was deleted")
            return VariantServer(variant, endpoint, config, model, scope, images)

        self.servers = {variant["VariantName"]: server(variant) for variant in config["ProductionVariants"]}
        self.shadows = [server(variant) for variant in config.get("ShadowProductionVariants", [])]

    @property
    def all_servers(self) -> list[VariantServer]:
        """Production and shadow servers."""
        return [*self.servers.values(), *self.shadows]

    def launch(self) -> None:
        """Start all servers in parallel and wait until all are healthy.

        Raises:
            JobFailedError: naming the first variant that does not become healthy.
        """
        servers = self.all_servers
        with ThreadPoolExecutor(len(servers)) as pool:
            launched = [pool.submit(contextvars.copy_context().run, server.launch) for server in servers]
        for server, done in zip(servers, launched, strict=True):
            failure = done.exception()
            if isinstance(failure, UnhealthyError):
                raise JobFailedError(
                    f"The {failure.container} container for production variant {server.name} did not pass "
                    f"the "
                    "ping health check. Please check CloudWatch logs for this endpoint."
                ) from failure
            if failure is not None:
                raise failure

    def choose(self) -> VariantServer:
        """A random production variant, by the variants' weights; uniform when all weights are 0."""
        servers = list(self.servers.values())
        if len(servers) == 1:
            return servers[0]
        weights = [server.weight for server in servers]
        return random.choices(servers, weights if any(weights) else None)[0]

    def drain(self) -> None:
        """Wait until no request is in progress, at most for the timeout of one request."""
        deadline = time.monotonic() + INVOCATION_SECONDS
        while time.monotonic() < deadline:
            with self.lock:
                if not self.in_flight:
                    return
            time.sleep(_DRAIN_POLL_SECONDS)

    def end(self) -> None:
        """End all servers and remove their folders."""
        servers = self.all_servers
        with ThreadPoolExecutor(len(servers)) as pool:
            for _ in pool.map(VariantServer.end, servers):
                pass
        for server in servers:
            shutil.rmtree(server.folder, ignore_errors=True)

    def summaries(self) -> list[dict[str, Any]]:
        """The production variants as DescribeEndpoint shows them."""
        return [summary(server) for server in self.servers.values()]


def summary(server: VariantServer) -> dict[str, Any]:
    """One variant as DescribeEndpoint shows it."""
    shown: dict[str, Any] = {
        "VariantName": server.name,
        "DeployedImages": [{"SpecifiedImage": image, "ResolvedImage": image} for image in server.images],
        "CurrentWeight": server.weight,
        "DesiredWeight": server.weight,
    }
    if serverless := server.variant.get("ServerlessConfig"):
        return {**shown, "CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
    return {
        **shown,
        "CurrentInstanceCount": server.instances,
        "DesiredInstanceCount": server.instances,
        **{name: server.variant[name] for name in ("RoutingConfig",) if name in server.variant},
    }
