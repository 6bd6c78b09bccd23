"""Each alarm that the settings know rolls an endpoint back while the new fleet bakes, and no other does."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs.settings.rollback_alarms import AlarmSpec, BusinessMetric, RollbackAlarms
from tests.local.sagemaker.lab import ECHO, unique
from tests.local.sagemaker.serving import VARIANT, WAIT_SECONDS, Crowd, Serving, variant

SERVER = """
import http.server, os, time
BASE = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
DOES = open(BASE + "/model/does.txt").read().strip()
KEPT = b"x" * 300_000_000 if DOES == "keep" else b""
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def do_GET(self): self.answer(200)
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if DOES == "compute":
            end = time.monotonic() + 0.5
            while time.monotonic() < end: pass
        time.sleep(1 if DOES == "wait" else 0.02)
        self.answer({"refuse": 422, "break": 500}.get(DOES, 200))
    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
MACHINE_BYTES = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
NONE = RollbackAlarms.none()
REFUNDS = BusinessMetric(name="Refunds", namespace="Shop", metric="Refunds", above=5)
ORDERS = BusinessMetric(name="Orders", namespace="Shop", metric="Orders", below=5)


@dataclass(frozen=True)
class Case:
    """One alarm.

    Attributes:
        alarms: the settings that make it.
        does: what is wrong with the new model; nothing when it does `well`.
        told: what somebody publishes while it bakes.
    """

    alarms: RollbackAlarms
    does: str = "well"
    told: float | None = None


CASES = {
    "p99 latency": Case(replace(NONE, p99_latency=timedelta(milliseconds=600)), does="wait"),
    "4xx": Case(replace(NONE, client_errors=0.1), does="refuse"),
    "5xx": Case(replace(NONE, server_errors=0.1), does="break"),
    "CPU": Case(replace(NONE, cpu_percent=20), does="compute"),
    "memory": Case(replace(NONE, memory_percent=100 * 200e6 / MACHINE_BYTES), does="keep"),
    "quality": Case(replace(NONE, quality_share=0.05), told=0.5),
    "drift": Case(replace(NONE, prediction_drift=0.2), told=0.9),
    "business, above": Case(replace(NONE, business=(REFUNDS,)), told=6),
    "business, below": Case(replace(NONE, business=(ORDERS,)), told=4),
}
CONTROL = Case(
    RollbackAlarms(
        p99_latency=timedelta(milliseconds=600),
        client_errors=0.1,
        server_errors=0.1,
        cpu_percent=80,
        memory_percent=100 * 200e6 / MACHINE_BYTES,
        prediction_drift=0.2,
        business=(REFUNDS, ORDERS),
    )
)


def model(serving: Serving, does: str) -> str:
    name = unique(does)
    url = serving.lab.archive(f"{name}/model.tar.gz", {"does.txt": does, "serve.py": SERVER})
    serving.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=serving.lab.role.arn,
        PrimaryContainer={"Image": ECHO, "ModelDataUrl": url},
    )
    return name


def dimensions(spec: AlarmSpec, endpoint: str) -> dict[str, str]:
    """Of the alarm's metric. Metrics of the business are one for the shop: here, one for each endpoint."""
    return {"EndpointName": endpoint, "VariantName": VARIANT} if spec.of_endpoint else {"For": endpoint}


def put(serving: Serving, spec: AlarmSpec, endpoint: str) -> str:
    """The alarm, as the workflow's template has it."""
    statistic = {"ExtendedStatistic" if spec.statistic.startswith("p") else "Statistic": spec.statistic}
    name = f"{endpoint}-{spec.key}"
    serving.server.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace=spec.namespace,
        MetricName=spec.metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions(spec, endpoint).items()],
        Period=spec.period_seconds,
        EvaluationPeriods=spec.evaluation_periods,
        Threshold=spec.threshold,
        ComparisonOperator=spec.comparison,
        TreatMissingData=spec.missing,
        **statistic,
    )
    return name


@contextmanager
def publishing(serving: Serving, case: Case, endpoint: str) -> Iterator[None]:
    """What is told of the new model, from when it bakes until the end."""
    done = threading.Event()
    (spec, *_) = case.alarms.specs()
    metric = {
        "MetricName": spec.metric,
        "Value": case.told,
        "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions(spec, endpoint).items()],
    }

    def publish() -> None:
        cloudwatch = serving.server.client("cloudwatch")
        while not done.wait(0.3):
            pending = serving.describe(endpoint).get("PendingDeploymentSummary")
            stages = pending["ProductionVariants"][0]["VariantStatus"] if pending else [{"Status": ""}]
            if stages[0]["Status"] == "Baking":
                cloudwatch.put_metric_data(Namespace=spec.namespace, MetricData=[metric])

    thread = threading.Thread(target=publish)
    if case.told is not None:
        thread.start()
    yield
    done.set()
    if case.told is not None:
        thread.join()


def released(serving: Serving, case: Case, bake_seconds: int) -> dict[str, Any]:
    """What becomes of an endpoint that is brought to the case's model under the case's alarms."""
    old, new = (serving.config(variant(model(serving, does))) for does in ("well", case.does))
    endpoint = serving.endpoint(old)
    names = [put(serving, spec, endpoint) for spec in case.alarms.specs()]
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    deployment = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": bake_seconds,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in names]},
    }
    with Crowd(serving, endpoint, "x", callers=1) as crowd, publishing(serving, case, endpoint):
        crowd.await_requests(20)
        deadline = time.monotonic() + WAIT_SECONDS
        # An alarm that is on before would stop the update, whatever the new model does.
        while not quiet(serving, names):
            assert time.monotonic() < deadline, f"{names} do not come to rest"
            time.sleep(0.1)
        ended = serving.update(endpoint, new, deployment)
    serving.delete(endpoint)
    return {"kept": ended["EndpointConfigName"] == old, "reason": ended.get("FailureReason"), "alarms": names}


def quiet(serving: Serving, names: list[str]) -> bool:
    found = serving.server.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    return {alarm["StateValue"] for alarm in found} == {"OK"}


@pytest.fixture(scope="module")
def outcomes(serving: Serving) -> dict[str, dict[str, Any]]:
    """All releases side by side, since most of their time is waiting."""
    with ThreadPoolExecutor(len(CASES) + 1) as pool:
        running = {name: pool.submit(released, serving, case, 900) for name, case in CASES.items()}
        running["control"] = pool.submit(released, serving, CONTROL, 180)
        return {name: one.result() for name, one in running.items()}


@pytest.mark.parametrize("name", CASES)
def test_each_alarm_rolls_back(outcomes: dict[str, dict[str, Any]], name: str) -> None:
    (alarm,) = outcomes[name]["alarms"]
    assert outcomes[name]["kept"]
    assert outcomes[name]["reason"] == f"auto-rollback alarm {alarm} is in ALARM state"


def test_a_model_that_does_well_is_kept_under_all_of_them(outcomes: dict[str, dict[str, Any]]) -> None:
    control = outcomes["control"]
    assert (control["kept"], control["reason"]) == (False, None)
    assert len(control["alarms"]) == len(CASES)
