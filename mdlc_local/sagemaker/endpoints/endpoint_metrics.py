"""The CloudWatch metrics of an endpoint's invocations, sent in batches in the background."""

import logging
import threading
from collections import Counter
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mdlc_local import clients
from mdlc_local.scopes import Scope

log = logging.getLogger("mdlc_local.sagemaker")

NAMESPACE = "AWS/SageMaker"
_MAX_VALUES = 150  # of one MetricDatum
_MAX_DATA = 1000  # of one PutMetricData
_DIGITS = 3


class EndpointMetrics:
    """The invocation metrics of one endpoint, by EndpointName and VariantName.

    Every metric is also put with the dimensions EndpointName, VariantName and EndpointConfigName, so that an
    alarm can watch only the new fleet of an update.
    """

    def __init__(self, endpoint_name: str, scope: Scope) -> None:
        self._endpoint_name = endpoint_name
        self._scope = scope
        self._lock = threading.Lock()
        self._pending: dict[tuple[str, str, str, str], Counter[float]] = {}

    def invocation(
        self, variant: str, config: str, *, status: int, model_us: float, overhead_us: float, instances: int
    ) -> None:
        """Count one invocation.

        Args:
            variant: the variant's name.
            config: the name of its fleet's endpoint configuration.
            status: the container's HTTP status; 0 when it gave no answer.
            model_us: how long the container took, in microseconds.
            overhead_us: how long everything else took, in microseconds.
            instances: how many instances the variant has.
        """
        client_error = float(400 <= status < 500)
        server_error = float(status >= 500 or status == 0)
        observed = (
            ("Invocations", "None", 1.0),
            ("InvocationsPerInstance", "None", 1.0 / max(instances, 1)),
            ("Invocation4XXErrors", "None", client_error),
            ("Invocation5XXErrors", "None", server_error),
            ("InvocationModelErrors", "None", float(status < 200 or status >= 300)),
            ("ModelLatency", "Microseconds", _rounded(model_us)),
            ("OverheadLatency", "Microseconds", _rounded(overhead_us)),
        )
        with self._lock:
            for metric, unit, value in observed:
                self._pending.setdefault((variant, config, metric, unit), Counter())[value] += 1

    def clear(self) -> None:
        """Discard the pending metrics."""
        with self._lock:
            self._pending = {}

    def flush(self) -> None:
        """Send the pending metrics; an error of CloudWatch is only logged."""
        with self._lock:
            pending, self._pending = self._pending, {}
        data = [datum for key, counts in pending.items() for datum in self._data(*key, counts)]
        if not data:
            return
        try:
            cloudwatch = clients.client(
                "cloudwatch", role_arn=None, region=self._scope.region, session="endpoint"
            )
            for start in range(0, len(data), _MAX_DATA):
                cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data[start : start + _MAX_DATA])
        except (ClientError, BotoCoreError) as error:
            log.warning("metrics of endpoint %s are lost: %s", self._endpoint_name, error)

    def _data(
        self, variant: str, config: str, metric: str, unit: str, counts: Counter[float]
    ) -> list[dict[str, Any]]:
        both = [
            {"Name": "EndpointName", "Value": self._endpoint_name},
            {"Name": "VariantName", "Value": variant},
        ]
        values = list(counts.items())
        return [
            {
                "MetricName": metric,
                "Unit": unit,
                "Dimensions": dimensions,
                "Values": [value for value, _ in values[start : start + _MAX_VALUES]],
                "Counts": [float(count) for _, count in values[start : start + _MAX_VALUES]],
            }
            for dimensions in (both, [*both, {"Name": "EndpointConfigName", "Value": config}])
            for start in range(0, len(values), _MAX_VALUES)
        ]


def _rounded(value: float) -> float:
    """The value with three significant digits, so that thousands of latencies make few data points."""
    return float(f"{value:.{_DIGITS}g}")
