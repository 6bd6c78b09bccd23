from collections.abc import Callable
from datetime import timedelta

import pytest

from mdlc_constructs.settings.rollback_alarms import MAX_ALARMS, BusinessMetric, RollbackAlarms


def business(name: str) -> BusinessMetric:
    return BusinessMetric(name=name, namespace="Shop", metric="Sales", below=5)


ALL = RollbackAlarms(
    p99_latency=timedelta(milliseconds=80),
    client_errors=0.1,
    server_errors=0.01,
    cpu_percent=300,
    memory_percent=90,
    quality_share=0.02,
    prediction_drift=0.2,
    business=(business("Sales"),),
)


def test_every_kind_watches_a_metric_of_its_own() -> None:
    found = {spec.key: (spec.namespace, spec.metric, spec.threshold) for spec in ALL.specs()}
    assert found == {
        "Latency": ("AWS/SageMaker", "ModelLatency", 80_000),
        "ClientErrors": ("AWS/SageMaker", "Invocation4XXErrors", 0.1),
        "ServerErrors": ("AWS/SageMaker", "Invocation5XXErrors", 0.01),
        "Cpu": ("/aws/sagemaker/Endpoints", "CPUUtilization", 300),
        "Memory": ("/aws/sagemaker/Endpoints", "MemoryUtilization", 90),
        "Quality": ("MDLC", "AnswersOutsideBands", 0.02),
        "Drift": ("MDLC", "PredictionDrift", 0.2),
        "BusinessSales": ("Shop", "Sales", 5),
    }
    assert [spec.key for spec in ALL.specs() if spec.comparison == "LessThanThreshold"] == ["BusinessSales"]
    assert [spec.key for spec in ALL.specs() if not spec.of_endpoint] == ["BusinessSales"]


def test_a_business_metric_may_be_too_high() -> None:
    metric = BusinessMetric(name="Refunds", namespace="Shop", metric="Refunds", above=0)
    (spec,) = RollbackAlarms(server_errors=None, quality_share=None, business=(metric,)).specs()
    assert (spec.comparison, spec.threshold) == ("GreaterThanThreshold", 0)


def test_missing_data_stops_no_release() -> None:
    assert {spec.missing for spec in ALL.specs()} == {"notBreaching"}


def test_nothing_can_be_watched() -> None:
    assert RollbackAlarms.none().specs() == ()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: RollbackAlarms(p99_latency=timedelta(0)), "p99_latency='0:00:00'"),
        (lambda: RollbackAlarms(p99_latency=timedelta(minutes=2)), "at most one minute"),
        (lambda: RollbackAlarms(client_errors=5), "client_errors=5"),
        (lambda: RollbackAlarms(server_errors=-0.1), "server_errors=-0.1"),
        (lambda: RollbackAlarms(memory_percent=101), "memory_percent=101"),
        (lambda: RollbackAlarms(cpu_percent=0), "cpu_percent=0"),
        (lambda: RollbackAlarms(quality_share=1.1), "quality_share=1.1"),
        (lambda: RollbackAlarms(periods=0), "periods=0"),
        (lambda: RollbackAlarms(business=(business("A"), business("A"))), "is the name of two alarms"),
        (
            lambda: RollbackAlarms(business=tuple(business(f"A{n}") for n in range(MAX_ALARMS))),
            "business=12: alarms in all; SageMaker watches at most 10",
        ),
        (lambda: BusinessMetric(name="a-b", namespace="n", metric="m", below=1), "name='a-b'"),
        (lambda: BusinessMetric(name="a", namespace="", metric="m", below=1), "namespace=''"),
        (lambda: BusinessMetric(name="a", namespace="n", metric="m"), "give exactly one of the two"),
    ],
)
def test_bounds_that_cannot_be_meant_are_refused(made: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()


def test_a_share_of_nothing_is_a_bound() -> None:
    assert RollbackAlarms(server_errors=0).specs()[0].threshold == 0
