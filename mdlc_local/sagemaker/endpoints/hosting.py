"""The endpoints with servers: their traffic, fleets, metrics and data capture."""

import contextvars
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from mdlc_local import options
from mdlc_local.sagemaker.endpoints.data_capture import DataCapture
from mdlc_local.sagemaker.endpoints.endpoint_metrics import EndpointMetrics
from mdlc_local.sagemaker.endpoints.fleets import Fleet
from mdlc_local.sagemaker.endpoints.traffic import Traffic
from mdlc_local.sagemaker.endpoints.utilization import Utilization
from mdlc_local.sagemaker.records import Record
from mdlc_local.scopes import Scope

log = logging.getLogger("mdlc_local.sagemaker")

REPORT_SECONDS = 0.5
"""Seconds between metrics of an endpoint with traffic; on AWS it is a minute."""

_MINUTE = 60.0

_REPORTS_PER_CAPTURE = 4


@dataclass(kw_only=True, eq=False)
class Hosted:
    """One endpoint, with the thread that reports its metrics.

    Attributes:
        record: the members of DescribeEndpoint's answer.
        scope: account and region.
        traffic: the distribution of requests among fleets.
        fleet: the fleet of the endpoint's current configuration; None until it serves.
        stop: set when the endpoint is deleted.
        metrics: its CloudWatch metrics.
        capture: its data capture.
    """

    record: Record
    scope: Scope
    traffic: Traffic = field(default_factory=Traffic)
    fleet: Fleet | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    metrics: EndpointMetrics = field(init=False)
    capture: DataCapture = field(init=False)

    def __post_init__(self) -> None:
        self.metrics = EndpointMetrics(self.record["EndpointName"], self.scope)
        self.capture = DataCapture(self.record["EndpointName"], self.scope)
        self._utilization = Utilization(self.record["EndpointName"], self.scope)
        self._asked = threading.Event()
        self._closed = threading.Event()
        self._reporter = _in_context(self._report, f"report {self.record['EndpointName']}")

    def is_asked(self) -> None:
        """Wake the reporting thread, because a request has arrived."""
        self._asked.set()

    def _report(self) -> None:
        # Without traffic, one data point per minute (of scaled time) is enough for alarms.
        rest_seconds = max(_MINUTE / options.current().time_scale / 2 - REPORT_SECONDS, 0.0)
        rounds = 0
        while True:
            if not any(server.in_flight for server in self.traffic.servers):
                self._asked.wait(rest_seconds)
            self._asked.clear()
            if self._closed.wait(REPORT_SECONDS):
                return
            self.metrics.flush()
            self._utilization.report(self.traffic.servers)
            rounds += 1
            if rounds % _REPORTS_PER_CAPTURE == 0 or not self._asked.is_set():
                self.capture.flush()

    def close(self) -> None:
        """Stop reporting, and send the remaining metrics and captures."""
        self._stop_reporting()
        self._reporter.join()
        self.metrics.flush()
        self.capture.flush()

    def discard(self) -> None:
        """End the servers, and discard the metrics and captures that were not sent yet."""
        self._stop_reporting()
        self.metrics.clear()
        self.capture.clear()
        if self.fleet is not None:
            self.fleet.end()

    def _stop_reporting(self) -> None:
        self._closed.set()
        self._asked.set()


_hosted: dict[tuple[Scope, str], Hosted] = {}
_lock = threading.Lock()


def add(hosted: Hosted) -> None:
    """Register an endpoint, so that `find` returns it."""
    with _lock:
        _hosted[hosted.scope, hosted.record["EndpointName"].lower()] = hosted


def find(name: str, scope: Scope) -> Hosted | None:
    """The endpoint of that name, or None."""
    with _lock:
        return _hosted.get((scope, name.lower()))


def remove(hosted: Hosted) -> None:
    """Remove an endpoint, so that `find` no longer returns it."""
    with _lock:
        _hosted.pop((hosted.scope, hosted.record["EndpointName"].lower()), None)


def start(body: Callable[[], None], hosted: Hosted) -> None:
    """Run `body` in a new thread, in the current request's context."""
    _in_context(body, f"endpoint {hosted.record['EndpointName']}")


def end_all() -> None:
    """Stop and remove every endpoint (the server's reset)."""
    with _lock:
        endpoints = list(_hosted.values())
        _hosted.clear()
    for hosted in endpoints:
        hosted.stop.set()
        hosted.traffic.share()
        # In a thread, because it sends log lines to the server, which does not answer during a reset.
        start(hosted.discard, hosted)


def _in_context(body: Callable[[], None], name: str) -> threading.Thread:
    def run() -> None:
        try:
            body()
        except Exception:
            log.exception("thread %s broke", name)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True, name=name)
    thread.start()
    return thread
