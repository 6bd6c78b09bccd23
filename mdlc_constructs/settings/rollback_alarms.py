"""The alarms that SageMaker watches while a new version bakes; any of them rolls the release back."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from mdlc_constructs.settings.numbers import check_above, check_whole
from mdlc_constructs.settings.refusal import refusal

MAX_ALARMS = 10
"""The maximum number of alarms that SageMaker watches (``AutoRollbackConfig.Alarms`` of the API)."""

OWN_NAMESPACE = "MDLC"
"""CloudWatch namespace of the metrics that this library's prober and drift check publish."""

Comparison = Literal["GreaterThanThreshold", "LessThanThreshold"]
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]{0,40}")


@dataclass(frozen=True, kw_only=True)
class BusinessMetric:
    """An alarm on a business metric that is already published to CloudWatch.

    Args:
        name: a name that is unique among the alarms, of letters and digits.
        namespace: the metric's CloudWatch namespace.
        metric: the metric's CloudWatch name.
        dimensions: pairs of a dimension's name and value.
        statistic: the CloudWatch statistic.
        below: the alarm goes to ALARM when the metric is below this value; set this or ``above``.
        above: the alarm goes to ALARM when the metric is above this value.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    name: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...] = ()
    statistic: str = "Average"
    below: float | None = None
    above: float | None = None

    def __post_init__(self) -> None:
        if not _IDENTIFIER.fullmatch(self.name):
            raise refusal("name", self.name, "give a letter, then letters and digits, 41 at most.")
        for name in ("namespace", "metric"):
            if not getattr(self, name):
                raise refusal(name, getattr(self, name), "give the name that CloudWatch knows.")
        if (self.below is None) == (self.above is None):
            raise refusal("below", self.below, f"with above={self.above!r}: give exactly one of the two.")


@dataclass(frozen=True, kw_only=True)
class AlarmSpec:
    """One CloudWatch alarm in plain values.

    Attributes:
        key: letters and digits; unique for the endpoint, part of construct ids and placeholders.
        unit: the unit of the threshold, for people.
        of_endpoint: whether the metric's dimensions are the names of the endpoint and its variant.
        missing: CloudWatch's treatment of missing data. An alarm in ALARM before a release begins would stop
            the release, and there may be no probes or requests then; so missing data does not breach.
    """

    key: str
    namespace: str
    metric: str
    statistic: str
    threshold: float
    unit: str
    comparison: Comparison = "GreaterThanThreshold"
    dimensions: tuple[tuple[str, str], ...] = ()
    of_endpoint: bool = True
    missing: str = "notBreaching"
    period_seconds: int = 60
    evaluation_periods: int = 1


_ENDPOINT = "AWS/SageMaker"
_INSTANCES = "/aws/sagemaker/Endpoints"

# argument: key, namespace, metric, statistic, unit, most
_TABLE: dict[str, tuple[str, str, str, str, str, float]] = {
    "client_errors": ("ClientErrors", _ENDPOINT, "Invocation4XXErrors", "Average", "share", 1),
    "server_errors": ("ServerErrors", _ENDPOINT, "Invocation5XXErrors", "Average", "share", 1),
    "cpu_percent": ("Cpu", _INSTANCES, "CPUUtilization", "Maximum", "percent", 100_000),
    "memory_percent": ("Memory", _INSTANCES, "MemoryUtilization", "Maximum", "percent", 100),
    "quality_share": ("Quality", OWN_NAMESPACE, "AnswersOutsideBands", "Average", "share", 1),
    "prediction_drift": ("Drift", OWN_NAMESPACE, "PredictionDrift", "Maximum", "distance", 1),
}


@dataclass(frozen=True, kw_only=True)
class RollbackAlarms:
    """Upper bounds that a new version must not exceed while it bakes; None sets no alarm.

    Args:
        p99_latency: the 99th percentile of ``ModelLatency``.
        client_errors: share (0 to 1) of 4xx responses.
        server_errors: share (0 to 1) of 5xx responses.
        cpu_percent: ``CPUUtilization``: the sum over the cores, 100 for each.
        memory_percent: ``MemoryUtilization`` of the containers.
        quality_share: share (0 to 1) of probes whose answer lies outside the row's band (see `Probes`).
        prediction_drift: Kolmogorov-Smirnov distance (0 to 1) between the new and the old version's
            answers to the same probes.
        business: alarms on business metrics.
        periods: for how many consecutive minutes a bound must be exceeded.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    p99_latency: timedelta | None = None
    client_errors: float | None = None
    server_errors: float | None = 0.01
    cpu_percent: float | None = None
    memory_percent: float | None = None
    quality_share: float | None = 0.05
    prediction_drift: float | None = None
    business: tuple[BusinessMetric, ...] = ()
    periods: int = 1

    def __post_init__(self) -> None:
        if self.p99_latency is not None and not timedelta(0) < self.p99_latency <= timedelta(minutes=1):
            raise refusal(
                "p99_latency", str(self.p99_latency), "give more than nothing and at most one minute."
            )
        for name, (*_, most) in _TABLE.items():
            value = getattr(self, name)
            if value is not None:
                # A share may be 0: then a single bad answer exceeds it.
                check_above(name, value, -1e-12 if most == 1 else 0, most)
        check_whole("periods", self.periods, 1, 60, unit="minutes")
        object.__setattr__(self, "business", tuple(self.business))
        keys = [spec.key for spec in self.specs()]
        for key in keys:
            if keys.count(key) > 1:
                raise refusal("business", key, "is the name of two alarms; give each its own.")
        if len(keys) > MAX_ALARMS:
            raise refusal("business", len(keys), f"alarms in all; SageMaker watches at most {MAX_ALARMS}.")

    @classmethod
    def none(cls) -> "RollbackAlarms":
        """No alarms: for endpoints that cannot be rolled back."""
        return cls(server_errors=None, quality_share=None)

    def specs(self) -> tuple[AlarmSpec, ...]:
        """The alarms, in a fixed order."""
        specs = []
        if self.p99_latency is not None:
            # ModelLatency is in microseconds.
            bound = self.p99_latency / timedelta(microseconds=1)
            specs.append(self._spec("Latency", _ENDPOINT, "ModelLatency", "p99", bound, "microseconds"))
        for name, (key, namespace, metric, statistic, unit, _) in _TABLE.items():
            value = getattr(self, name)
            if value is not None:
                specs.append(self._spec(key, namespace, metric, statistic, value, unit))
        return (*specs, *(self._business(metric) for metric in self.business))

    def _spec(
        self, key: str, namespace: str, metric: str, statistic: str, threshold: float, unit: str
    ) -> AlarmSpec:
        return AlarmSpec(
            key=key,
            namespace=namespace,
            metric=metric,
            statistic=statistic,
            threshold=threshold,
            unit=unit,
            evaluation_periods=self.periods,
        )

    def _business(self, metric: BusinessMetric) -> AlarmSpec:
        threshold = metric.above if metric.below is None else metric.below
        return AlarmSpec(
            key=f"Business{metric.name}",
            namespace=metric.namespace,
            metric=metric.metric,
            statistic=metric.statistic,
            threshold=float(threshold or 0),
            unit="as published",
            comparison="GreaterThanThreshold" if metric.below is None else "LessThanThreshold",
            dimensions=metric.dimensions,
            of_endpoint=False,
            evaluation_periods=self.periods,
        )
