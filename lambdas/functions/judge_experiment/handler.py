"""Entry point of the judgement.

Input, from the release machine (`workflows/real_time_inference/experiments.py`):

- `kind`: `shadow` or `ab`
- `model`, `endpoint`, `bucket`, `table`: where the experiment is noted and what was captured
- `execution`: ARN of the execution that asks
- `champion`, `challenger`: names of the variants
- `settings`: what is tolerated, as the rollout's `to_plan` wrote it

It answers `{decision, error, summary}`: `promote`, `drop` or `undecided`, and a sentence with the numbers.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws.clients import client
from lambdas.functions.judge_experiment import ab, shadow
from lambdas.functions.judge_experiment.captures import Captured, Stored, captured, spread
from lambdas.functions.judge_experiment.errors import CapturesLate, ExperimentEnded
from lambdas.planning.audit import experiment_of
from lambdas.planning.execution_plan import utc_now
from lambdas.planning.sources import listed

logger = Logger(service="judge-experiment")

MOST_BYTES, MOST_FILES = 64 * 1024 * 1024, 1500
"""How much of the captures is read."""

MOST_OUTCOME_BYTES = 32 * 1024 * 1024

FINE_SECONDS, COARSE_SECONDS = 60, 3600
MOST_POINTS = 1440
"""GetMetricStatistics answers with at most so many data points, and keeps fine ones for fifteen days.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
"""

_FAILURES = ("Invocation4XXErrors", "Invocation5XXErrors")


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Judge (see the module's documentation).

    Raises:
        ExperimentEnded: when the experiment is not the execution's any more.
        CapturesLate: when too few pairs were captured of a shadow that was asked often enough; the machine
            looks again a few times.
    """
    since = _since(event)
    keys = _keys(event, since)
    if event["kind"] == "shadow":
        found = shadow.compare(
            _captured(event, event["champion"], keys),
            _captured(event, event["challenger"], keys),
            event["settings"]["tolerance"],
        )
        now = utc_now()
        champion = _counted(event, event["champion"], since, now)
        challenger = _counted(event, event["challenger"], since, now)
        verdict = shadow.judge(found, champion, challenger, event["settings"])
        if verdict.error == shadow.TOO_FEW and challenger.invocations >= event["settings"]["pairs"]:
            raise CapturesLate(verdict.summary)
    else:
        known = _outcomes(event, since)
        entity = event["settings"]["entity"]
        first, second = (
            ab.by_entity(_captured(event, variant, keys), known, entity)
            for variant in (event["champion"], event["challenger"])
        )
        verdict = ab.judge(first, second, event["settings"])
    logger.info("judged", extra={"endpoint": event["endpoint"], **verdict.to_answer()})
    return verdict.to_answer()


def _since(event: dict[str, Any]) -> datetime:
    noted = experiment_of(client("dynamodb"), event["table"], event["model"], event["endpoint"])
    if noted is None or noted["execution"] != event["execution"]:
        raise ExperimentEnded(
            f"The experiment on the endpoint {event['endpoint']} was ended or taken over by "
            f"{noted['execution'] if noted else 'another execution'}."
        )
    return datetime.fromisoformat(noted["running_since"])


def _keys(event: dict[str, Any], since: datetime) -> list[str]:
    """Keys of the capture files to read, chosen over both variants: the same stretches of time of each."""
    s3 = client("s3")
    names = (event["champion"], event["challenger"])
    files = [file for name in names for file in _files(s3, event, name, since)]
    return spread(files, most_bytes=MOST_BYTES, most_files=MOST_FILES)


def _captured(event: dict[str, Any], variant: str, keys: list[str]) -> Iterator[Captured]:
    s3, own = client("s3"), _prefix(event, variant)
    for key in keys:
        if key.startswith(own):
            yield from captured(_text(s3, event["bucket"], key))


def _prefix(event: dict[str, Any], variant: str) -> str:
    return f"capture/{event['endpoint']}/{variant}/"


def _files(s3: Any, event: dict[str, Any], variant: str, since: datetime) -> Iterator[Stored]:
    """The variant's capture files written since then, day by day."""
    day, today = since.date(), utc_now().date()
    while day <= today:
        prefix = f"{_prefix(event, variant)}{day:%Y/%m/%d}/"
        for entry in _listed(s3, event["bucket"], prefix, since):
            yield Stored(key=entry["Key"], size=entry["Size"])
        day += timedelta(days=1)


def _outcomes(event: dict[str, Any], since: datetime) -> dict[str, float]:
    """Outcomes by request; what was written last counts."""
    s3 = client("s3")
    found: dict[str, float] = {}
    left = MOST_OUTCOME_BYTES
    entries = sorted(
        _listed(s3, event["bucket"], "outcomes/", since), key=lambda one: one["LastModified"], reverse=True
    )
    for entry in entries:
        left -= entry["Size"]
        if left < 0:
            logger.warning("outcomes left out", extra={"key": entry["Key"]})
            break
        for request, value in reversed(list(ab.outcomes(_text(s3, event["bucket"], entry["Key"])))):
            found.setdefault(request, value)
    return found


def _listed(s3: Any, bucket: str, prefix: str, since: datetime) -> Iterator[dict[str, Any]]:
    # S3 tells whole seconds.
    moment = since.replace(microsecond=0)
    return (entry for entry in listed(s3, bucket, prefix) if entry["LastModified"] >= moment)


def _text(s3: Any, bucket: str, key: str) -> str:
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body.decode(errors="replace")


def _counted(event: dict[str, Any], variant: str, since: datetime, now: datetime) -> shadow.Counted:
    def statistics(metric: str) -> tuple[float, float]:
        """Sum and number of samples."""
        fine = (now - since).total_seconds() / FINE_SECONDS < MOST_POINTS - 4
        answer = client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[
                {"Name": "EndpointName", "Value": event["endpoint"]},
                {"Name": "VariantName", "Value": variant},
            ],
            # Data points are stamped with the beginning of their minute.
            StartTime=since - timedelta(seconds=FINE_SECONDS),
            EndTime=now + timedelta(seconds=FINE_SECONDS),
            Period=FINE_SECONDS if fine else COARSE_SECONDS,
            Statistics=["Sum", "SampleCount"],
        )
        points = answer["Datapoints"]
        return sum(point["Sum"] for point in points), sum(point["SampleCount"] for point in points)

    total, samples = statistics("ModelLatency")
    return shadow.Counted(
        invocations=statistics("Invocations")[0],
        failures=sum(statistics(metric)[0] for metric in _FAILURES),
        latency=total / samples if samples else None,
    )
