"""Utilization metrics of an endpoint: CPU and memory of its servers' processes, and concurrent requests.

CPU is the sum over all cores, 100 % for each, as on AWS. Memory is a percentage of this machine's memory,
because a model server has no instance of its own.
"""

import logging
import os
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mdlc_local import clients
from mdlc_local.sagemaker.endpoints.variant_server import VariantServer
from mdlc_local.scopes import Scope

log = logging.getLogger("mdlc_local.sagemaker")

INSTANCES = "/aws/sagemaker/Endpoints"
"""CloudWatch namespace of the instance metrics."""

INVOCATIONS = "AWS/SageMaker"

_PROC = Path("/proc")
_FRESH_SECONDS = 0.2
_CENT = 100.0


@dataclass(frozen=True)
class Usage:
    """The resources that the processes of a group use.

    Attributes:
        cpu_seconds: user and system time so far.
        memory_bytes: resident memory now.
    """

    cpu_seconds: float = 0.0
    memory_bytes: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.cpu_seconds + other.cpu_seconds, self.memory_bytes + other.memory_bytes)


_lock = threading.Lock()
_last: tuple[float, dict[int, Usage]] = (0.0, {})


def by_group() -> dict[int, Usage]:
    """The usage of this machine's processes by process group; measured at most every `_FRESH_SECONDS`."""
    global _last
    with _lock:
        moment, known = _last
        if time.monotonic() - moment > _FRESH_SECONDS:
            known = _of_proc() if (_PROC / "self" / "stat").exists() else _of_ps()
            _last = (time.monotonic(), known)
        return known


def _of_proc() -> dict[int, Usage]:
    """The usage by process group, from Linux's `/proc`."""
    usages: dict[int, Usage] = defaultdict(Usage)
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    for entry in os.scandir(_PROC):
        if not entry.name.isdigit():
            continue
        try:
            text = (_PROC / entry.name / "stat").read_text()
        except OSError:  # the process has ended
            continue
        # The command's name in parentheses may contain spaces, so fields are counted after it.
        fields = text.rpartition(")")[2].split()
        cpu_seconds = (int(fields[11]) + int(fields[12])) / ticks
        usages[int(fields[2])] += Usage(cpu_seconds, int(fields[21]) * page)
    return usages


def _of_ps() -> dict[int, Usage]:
    """The usage by process group, from `ps`, on systems without `/proc`."""
    done = subprocess.run(
        ["ps", "-A", "-o", "pgid=,rss=,time="], capture_output=True, text=True, check=False, timeout=10
    )
    return parse_ps(done.stdout.splitlines())


def parse_ps(lines: Iterable[str]) -> dict[int, Usage]:
    """The usage by process group, from lines with group, kilobytes and `[days-][hours:]minutes:seconds`."""
    usages: dict[int, Usage] = defaultdict(Usage)
    for line in lines:
        group, kilobytes, took = line.split()
        days, _, clock = took.rpartition("-")
        seconds = 0.0
        for part in clock.split(":"):
            seconds = 60 * seconds + float(part)
        usages[int(group)] += Usage(seconds + 86400 * int(days or 0), int(kilobytes) * 1024)
    return usages


class Utilization:
    """Puts an endpoint's utilization metrics, with the dimensions EndpointName and VariantName."""

    def __init__(self, endpoint_name: str, scope: Scope) -> None:
        self._endpoint_name = endpoint_name
        self._scope = scope
        self._before: dict[int, tuple[float, float]] = {}

    def report(self, servers: Iterable[VariantServer]) -> None:
        """Measure the servers and put the metrics; an error of CloudWatch is only logged."""
        servers = list(servers)
        if not servers:
            return
        measured = by_group()
        instances = [datum for server in servers for datum in self._instance(server, measured)]
        invocations = [datum for server in servers for datum in self._requests(server)]
        try:
            cloudwatch = clients.client(
                "cloudwatch", role_arn=None, region=self._scope.region, session="endpoint"
            )
            for namespace, data in ((INSTANCES, instances), (INVOCATIONS, invocations)):
                if data:
                    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
        except (ClientError, BotoCoreError) as error:
            log.warning("utilization of endpoint %s is lost: %s", self._endpoint_name, error)

    def _instance(self, server: VariantServer, measured: dict[int, Usage]) -> list[dict[str, Any]]:
        now = time.monotonic()
        groups = [group for group in server.process_groups if group in measured]
        busy = [self._percent(group, measured[group].cpu_seconds, now) for group in groups]
        memory = sum(measured[group].memory_bytes for group in groups)
        data = []
        # A CPU percentage needs two measurements.
        if groups and None not in busy:
            data.append(
                self._datum(server, "CPUUtilization", sum(percent or 0.0 for percent in busy), "Percent")
            )
        if groups:
            data.append(self._datum(server, "MemoryUtilization", _CENT * memory / _machine(), "Percent"))
        return data

    def _percent(self, group: int, cpu_seconds: float, now: float) -> float | None:
        before = self._before.get(group)
        self._before[group] = (cpu_seconds, now)
        if before is None or now <= before[1]:
            return None
        # The CPU time of processes that have ended is lost, so the difference may be negative.
        return max(_CENT * (cpu_seconds - before[0]) / (now - before[1]), 0.0)

    def _requests(self, server: VariantServer) -> list[dict[str, Any]]:
        concurrent = server.in_flight / max(server.instances, 1)
        return [
            self._datum(server, "ConcurrentRequestsPerModel", concurrent, "None"),
            # Without traffic SageMaker puts zero, so that scaling removes instances.
            self._datum(server, "InvocationsPerInstance", 0.0, "None"),
        ]

    def _datum(self, server: VariantServer, metric: str, value: float, unit: str) -> dict[str, Any]:
        return {
            "MetricName": metric,
            "Value": round(value, 3),
            "Unit": unit,
            "Dimensions": [
                {"Name": "EndpointName", "Value": self._endpoint_name},
                {"Name": "VariantName", "Value": server.name},
            ],
        }


def _machine() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
