"""What processes use, by process group, and what CloudWatch is told of it."""

import os
import subprocess
import sys
import time

from mdlc_local.sagemaker.endpoints.utilization import Usage, by_group, parse_ps
from tests.local.autoscaling.scaling import until
from tests.local.sagemaker.serving import VARIANT, Serving, variant

BUSY = "import time\nkept = bytearray(60_000_000)\nwhile True: pass"


def test_a_busy_process_is_measured_with_its_group() -> None:
    process = subprocess.Popen([sys.executable, "-c", BUSY], start_new_session=True)
    try:
        until(lambda: by_group().get(process.pid, Usage()).memory_bytes > 60_000_000, "its memory")
        before, started = by_group()[process.pid].cpu_seconds, time.monotonic()
        time.sleep(1)
        used = by_group()[process.pid].cpu_seconds - before
        assert 0.1 < used <= 1.3 * (time.monotonic() - started)
    finally:
        process.kill()
        process.wait()
    until(lambda: process.pid not in by_group(), "its end")


def test_lines_of_ps() -> None:
    lines = ["  10  1024 00:01:02", "  10     1 0:00.50", " 7 0 1-00:00:01"]
    assert parse_ps(lines) == {10: Usage(62.5, 1025 * 1024), 7: Usage(86401.0, 0)}


def test_this_process_is_among_them() -> None:
    assert by_group()[os.getpgid(0)].memory_bytes > 1_000_000


def test_an_endpoints_servers_are_told_to_cloudwatch(serving: Serving) -> None:
    endpoint = serving.endpoint(serving.config(variant(serving.talking("measured"))))
    cloudwatch = serving.server.client("cloudwatch")
    dimensions = [
        {"Name": "EndpointName", "Value": endpoint},
        {"Name": "VariantName", "Value": VARIANT},
    ]

    def told(namespace: str, metric: str) -> bool:
        now = time.time()
        found = cloudwatch.get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=now - 60,
            EndTime=now + 60,
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
        return any(point["Maximum"] > 0 or metric != "MemoryUtilization" for point in found)

    until(lambda: told("/aws/sagemaker/Endpoints", "CPUUtilization"), "CPU")
    until(lambda: told("/aws/sagemaker/Endpoints", "MemoryUtilization"), "memory")
    # Without a request, so that scaling takes instances away.
    until(lambda: told("AWS/SageMaker", "InvocationsPerInstance"), "zero")
    until(lambda: told("AWS/SageMaker", "ConcurrentRequestsPerModel"), "concurrency")
    serving.delete(endpoint)
