"""What sends a release back: the alarms that SageMaker watches while a new version bakes."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from mdlc_constructs.settings.numbers import check_above, check_whole
from mdlc_constructs.settings.refusal import refusal

MAX_ALARMS = 10
"""SageMaker watches at most this many (``AutoRollbackConfig.Alarms`` of the API)."""

OWN_NAMESPACE = "MDLC"
"""CloudWatch namespace of what our own code measures: the prober and the drift check."""

Comparison = Literal["GreaterThanThreshold", "LessThanThreshold"]
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]{0,40}")


@dataclass(frozen=True, kw_only=True)
class BusinessMetric:
    """A metric of the business, by the name under which somebody publishes it.

    Args:
        name: its own name among the alarms, letters and digits.
        namespace: CloudWatch namespace.
        metric: CloudWatch name.
        dimensions: dimension's name and value, in pairs.
        statistic: CloudWatch statistic.
        below: alarm when it is below; give this or ``above``.
        above: alarm when it is above.

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
    """One alarm in plain values, ready for a CloudWatch alarm and for a deployment's list of names.

    Attributes:
        key: letters and digits; unique in the endpoint, part of ids and placeholders.
        unit: what the threshold counts.
        of_endpoint: whether the metric's dimensions are the endpoint's and its variant's names.
        missing: what missing data means. An alarm that is on before a release begins would stop it, and
            probes and requests are missing then; so missing data never breaches.
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
    """Bounds that a new version must keep while it bakes; None for what is not watched.

    Args:
        p99_latency: the slowest hundredth of answers, measured at the model.
        client_errors: share (0 to 1) of answers 4xx.
        server_errors: share (0 to 1) of answers 5xx.
        cpu_percent: as CloudWatch measures it: the sum over the cores, 100 for each.
        memory_percent: memory used by the containers.
        quality_share: share (0 to 1) of probes answered outside the bands of both models' answers.
        prediction_drift: Kolmogorov-Smirnov distance (0 to 1) between the new and the old version's
            answers to the same probes.
        business: metrics of the business.
        periods: minutes in a row that a bound must be broken.

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
                # A share of nothing broken is a fair bound: a single one breaks it.
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
        """Nothing is watched: for endpoints that cannot be rolled back."""
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
