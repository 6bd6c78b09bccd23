"""Entry point of the function that judges an experiment."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from lambdas.aws.clients import client
from lambdas.functions.judge_experiment import ab, shadow
from lambdas.functions.judge_experiment.captures import Exchange, exchanges, spread
from lambdas.planning.audit import experiment_of
from lambdas.planning.execution_plan import utc_now
from lambdas.planning.sources import listed
from lambdas.probing.rows import CaptureFile
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.probing import (
    ABTestSettings,
    Judgement,
    JudgementRequest,
    ShadowSettings,
)

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectTypeDef

logger = Logger(service="judge-experiment")

MAX_BYTES, MAX_FILES = 64 * 1024 * 1024, 1500
"""Approximate limits of the captures to read."""

MAX_OUTCOME_BYTES = 32 * 1024 * 1024

FINE_SECONDS, COARSE_SECONDS = 60, 3600
MAX_POINTS = 1440
"""Most data points in an answer of GetMetricStatistics, which keeps those of a minute for 15 days.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
"""

_FAILURES = ("Invocation4XXErrors", "Invocation5XXErrors")


class ExperimentEnded(Exception):
    """The experiment has ended or belongs to another execution now.

    The class name is the error's name in Step Functions.
    """


class CapturesLate(Exception):
    """The shadow answered enough requests, but too few are captured yet: captures come with a delay."""


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Judge an experiment: from a `JudgementRequest` to a `Judgement`.

    Raises:
        ExperimentEnded: when the experiment does not belong to the execution any more.
        CapturesLate: when a shadow answered enough requests but too few pairs are captured yet; the state
            machine retries a few times.
    """
    request = decode(JudgementRequest, event)
    since = _since(request)
    verdict = _judge_shadow(request, since) if request.kind == "shadow" else _judge_ab(request, since)
    answer = encode(verdict)
    logger.info("judged", extra={"endpoint": request.endpoint, **answer})
    return answer


def _judge_shadow(request: JudgementRequest, since: datetime) -> Judgement:
    settings, keys = decode(ShadowSettings, request.settings, where="settings"), _keys(request, since)
    pairs = shadow.compare(
        _exchanges(request, request.champion, keys),
        _exchanges(request, request.challenger, keys),
        settings.tolerance,
    )
    now = utc_now()
    champion = _metrics(request, request.champion, since, now)
    challenger = _metrics(request, request.challenger, since, now)
    verdict = shadow.judge(pairs, champion, challenger, settings)
    if verdict.error == shadow.TOO_FEW and challenger.invocations >= settings.pairs:
        raise CapturesLate(verdict.summary)
    return verdict


def _judge_ab(request: JudgementRequest, since: datetime) -> Judgement:
    settings, keys = decode(ABTestSettings, request.settings, where="settings"), _keys(request, since)
    outcomes = _outcomes(request, since)
    champion, challenger = (
        ab.by_entity(_exchanges(request, variant, keys), outcomes, settings.entity)
        for variant in (request.champion, request.challenger)
    )
    return ab.judge(champion, challenger, settings)


def _since(request: JudgementRequest) -> datetime:
    experiment = experiment_of(client("dynamodb"), request.table, request.model, request.endpoint)
    if experiment is None or experiment.execution != request.execution:
        raise ExperimentEnded(
            f"The experiment on the endpoint {request.endpoint} was ended or taken over by "
            f"{experiment.execution if experiment else 'another execution'}."
        )
    return datetime.fromisoformat(str(experiment.running_since))


def _keys(request: JudgementRequest, since: datetime) -> list[str]:
    """Keys of the capture files to read, with the same intervals of time for both variants."""
    variants = (request.champion, request.challenger)
    files = [file for variant in variants for file in _files(request, variant, since)]
    return spread(files, max_bytes=MAX_BYTES, max_files=MAX_FILES)


def _exchanges(request: JudgementRequest, variant: str, keys: list[str]) -> Iterator[Exchange]:
    prefix = _prefix(request, variant)
    for key in keys:
        if key.startswith(prefix):
            yield from exchanges(_text(request.bucket, key))


def _prefix(request: JudgementRequest, variant: str) -> str:
    return f"capture/{request.endpoint}/{variant}/"


def _files(request: JudgementRequest, variant: str, since: datetime) -> Iterator[CaptureFile]:
    """Yield the variant's capture files written since `since`, day by day."""
    day, today = since.date(), utc_now().date()
    while day <= today:
        prefix = f"{_prefix(request, variant)}{day:%Y/%m/%d}/"
        for entry in _listed(request.bucket, prefix, since):
            yield CaptureFile(key=entry["Key"], size=entry["Size"])
        day += timedelta(days=1)


def _outcomes(request: JudgementRequest, since: datetime) -> dict[str, float]:
    """Outcomes by request id; the one written last counts."""
    outcomes: dict[str, float] = {}
    left = MAX_OUTCOME_BYTES
    entries = sorted(
        _listed(request.bucket, "outcomes/", since), key=lambda entry: entry["LastModified"], reverse=True
    )
    for entry in entries:
        left -= entry["Size"]
        if left < 0:
            logger.warning("outcomes left out", extra={"key": entry["Key"]})
            break
        for request_id, value in reversed(list(ab.outcomes(_text(request.bucket, entry["Key"])))):
            outcomes.setdefault(request_id, value)
    return outcomes


def _listed(bucket: str, prefix: str, since: datetime) -> "Iterator[ObjectTypeDef]":
    # LastModified has whole seconds.
    moment = since.replace(microsecond=0)
    return (entry for entry in listed(client("s3"), bucket, prefix) if entry["LastModified"] >= moment)


def _text(bucket: str, key: str) -> str:
    body = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body.decode(errors="replace")


def _metrics(
    request: JudgementRequest, variant: str, since: datetime, now: datetime
) -> shadow.VariantMetrics:
    def statistics(metric: str) -> tuple[float, float]:
        """The metric's sum and number of samples."""
        fine = (now - since).total_seconds() / FINE_SECONDS < MAX_POINTS - 4
        answer = client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[
                {"Name": "EndpointName", "Value": request.endpoint},
                {"Name": "VariantName", "Value": variant},
            ],
            # A data point has the timestamp of the beginning of its minute.
            StartTime=since - timedelta(seconds=FINE_SECONDS),
            EndTime=now + timedelta(seconds=FINE_SECONDS),
            Period=FINE_SECONDS if fine else COARSE_SECONDS,
            Statistics=["Sum", "SampleCount"],
        )
        points = answer["Datapoints"]
        return sum(point["Sum"] for point in points), sum(point["SampleCount"] for point in points)

    total, samples = statistics("ModelLatency")
    return shadow.VariantMetrics(
        invocations=statistics("Invocations")[0],
        failures=sum(statistics(metric)[0] for metric in _FAILURES),
        latency=total / samples if samples else None,
    )
