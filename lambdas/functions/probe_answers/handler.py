"""Entry point of the probe function.

A look first sends as many probes as are needed to reach the new fleet, and the others only if it answered. It
writes a data point to the metrics `AnswersOutsideBands`, `PredictionDrift`, `Probes` and `ProbesSeen`.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

from aws_lambda_powertools import Logger

from lambdas.aws.clients import client
from lambdas.aws.endpoints import BUSY
from lambdas.planning.execution_plan import utc_now
from lambdas.planning.sources import is_there, listed
from lambdas.probing import comparison
from lambdas.probing.asking import ask, runtime
from lambdas.probing.errors import InvalidRows, NothingToAsk, ProbesLost, TooSlow
from lambdas.probing.rows import Row, captured_rows, distinct, golden_rows
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.probing import LookResult, ProbeRequest, RecordedProbes
from mdlc_constructs.settings.strict_json import json_lines

logger = Logger(service="probe-answers")

NAMESPACE = "MDLC"
MAX_GOLDEN = 500
MAX_FILES, MAX_HOURS = 40, 72
MAX_BYTES = 2 * 1024 * 1024
"""How many capture files, hours back and bytes of a file are read for recent rows."""

MAX_SECONDS = 200.0
"""Longest time for sending probes: the function's timeout is five minutes."""

LOOK_SHARE = 2 / 3
"""Share of the time between two looks that a look may spend sending probes."""

AHEAD_SECONDS = 2.0
"""Looks begin this much less than `every` apart, so that each period of the alarm has data."""


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Record a baseline (a `RecordedProbes`) or take a look (a `LookResult`), by a `ProbeRequest`'s mode."""
    request = decode(ProbeRequest, event)
    result = encode(baseline(request) if request.mode == "baseline" else look(request))
    logger.info(request.mode, extra={"run": request.run, "endpoint": request.endpoint, "result": result})
    return result


def baseline(request: ProbeRequest) -> RecordedProbes:
    """Send all rows to the version in service and store its answers.

    Raises:
        ProbeError: when there are no rows, or no answers to compare with later.
    """
    golden = _golden(request) if request.golden else ()
    recent = distinct(_recent(request), request.probes.recent) if request.captured else ()
    rows = distinct((*golden, *recent), len(golden) + len(recent))
    if not rows:
        raise NothingToAsk(
            "There are neither golden rows nor captured requests to ask: record rows in golden/rows.jsonl "
            "and golden/expected.csv, wait for traffic, or watch no quality of answers (quality_share=None)."
        )
    answers = ask(runtime(), request.endpoint, rows, run=request.run, seconds=MAX_SECONDS)
    book = comparison.make_book(zip(rows, answers, strict=False), request.probes.tolerance)
    client("s3").put_object(Bucket=request.bucket, Key=_key(request), Body=book.to_json().encode())
    return RecordedProbes(probes=len(book.probes), version=book.version)


def look(request: ProbeRequest) -> LookResult:
    """Send probes, write metrics, and return whether the endpoint's update has ended.

    Raises:
        ProbeError: when the endpoint is being updated but the new version cannot be judged.
    """
    began = time.monotonic()
    every, status = request.probes.every_seconds, _status(request)
    if status != "Updating":  # there are no two fleets to compare
        return LookResult(
            settled=status not in BUSY, probes=0, seen=0, outside=None, drift=None, wait_seconds=every
        )
    result = _look(request, _book(request), min(MAX_SECONDS, every * LOOK_SHARE))
    _measure(request, result)
    left = every - (time.monotonic() - began) - AHEAD_SECONDS
    return LookResult(
        settled=_status(request) not in BUSY,
        probes=result.probes,
        seen=result.seen,
        outside=result.outside,
        drift=result.drift,
        wait_seconds=max(1, int(left)),
    )


def _look(request: ProbeRequest, book: comparison.Book, seconds: float) -> comparison.Look:
    settings = request.probes
    version = None if request.version is None else str(request.version)
    seed = f"{request.run} {utc_now().isoformat()}"
    order = [book.probes[n] for n in comparison.drawn(len(book.probes), settings.count, seed)]
    began = time.monotonic()
    first = min(settings.to_see, len(order))
    answers = ask(runtime(), request.endpoint, order[:first], run=request.run, seconds=seconds)
    if len(answers) < first:
        raise TooSlow(
            f"The endpoint {request.endpoint} answered {len(answers)} probes in {seconds:.0f} seconds, and "
            f"it takes {first} to see the new fleet: shift a larger part at first, or look less often."
        )
    by_version = comparison.distinguishes_versions(book.version, version)
    if not by_version or any(comparison.is_new(answer, book.version) for answer in answers):
        left = seconds - (time.monotonic() - began)
        answers += ask(runtime(), request.endpoint, order[first:], run=request.run, seconds=left)
    return comparison.judge(
        list(zip(order, answers, strict=False)),
        champion=book.version,
        version=version,
        share=settings.share,
    )


def _status(request: ProbeRequest) -> str:
    return client("sagemaker").describe_endpoint(EndpointName=request.endpoint)["EndpointStatus"]


def _key(request: ProbeRequest) -> str:
    return f"runs/{request.run}/probes.json"


def _book(request: ProbeRequest) -> comparison.Book:
    text = _text(request.bucket, _key(request), None)
    if text is None:
        raise ProbesLost(f"There is no {_key(request)}: the champion's answers were never recorded.")
    return comparison.Book.from_json(text)


def _text(bucket: str, key: str, most: int | None) -> str | None:
    """The object's first `most` bytes as text; None when there is no object."""
    s3 = client("s3")
    if not is_there(s3, bucket, key):
        return None
    body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    text = body.read(most).decode(errors="replace")
    body.close()
    return text


def _required(bucket: str, key: str, most: int | None) -> str:
    text = _text(bucket, key, most)
    if text is None:
        raise InvalidRows(
            f"There is no {key} in the model's bucket: record golden rows, or give golden=None."
        )
    return text


def _golden(request: ProbeRequest) -> tuple[Row, ...]:
    text = _required(request.bucket, "golden/rows.jsonl", MAX_BYTES + 1)
    lines = json_lines(text)
    if len(text.encode()) > MAX_BYTES:
        lines = lines[:-1]  # it may be cut off
    expected = _required(request.bucket, "golden/expected.csv", None)
    return golden_rows(lines[:MAX_GOLDEN], expected, request.content_type)


def _recent(request: ProbeRequest) -> Iterator[Row]:
    """Yield rows of captured requests, the newest first."""
    for key in islice(_captures(request, utc_now()), MAX_FILES):
        yield from reversed(list(captured_rows(_text(request.bucket, key, MAX_BYTES) or "")))


def _captures(request: ProbeRequest, now: datetime) -> Iterator[str]:
    """Yield keys of capture files, the newest first."""
    for hours in range(MAX_HOURS):
        hour = now - timedelta(hours=hours)
        prefix = f"capture/{request.endpoint}/{request.variant}/{hour:%Y/%m/%d/%H}/"
        keys = [entry["Key"] for entry in listed(client("s3"), request.bucket, prefix)]
        # File names begin with minute and second.
        yield from sorted(keys, reverse=True)


def _measure(request: ProbeRequest, result: comparison.Look) -> None:
    dimensions = [
        {"Name": "EndpointName", "Value": request.endpoint},
        {"Name": "VariantName", "Value": request.variant},
    ]
    values = {
        "AnswersOutsideBands": (result.outside, "None"),
        "PredictionDrift": (result.drift, "None"),
        "Probes": (result.probes, "Count"),
        "ProbesSeen": (result.seen, "Count"),
    }
    client("cloudwatch").put_metric_data(
        Namespace=NAMESPACE,
        MetricData=[
            {"MetricName": name, "Dimensions": dimensions, "Value": float(value), "Unit": unit}
            for name, (value, unit) in values.items()
            if value is not None
        ],
    )
