"""Entry point of the prober.

Input, from the release machine (`workflows/real_time_inference/watching.py`):

- `mode`: `baseline` records the champion's answers; `look` asks while the new version bakes
- `run`, `bucket`: answers are kept in `runs/<run>/probes.json` of the bucket, which holds callers' rows
- `endpoint`, `variant`: whom to ask, and the dimensions of the metrics
- `version`: the version that is released, as answers name it; null when answers name none
- `golden`, `captured`: whether there are golden rows below `golden/`, captured requests below `capture/`
- `content_type`: of the golden rows
- `probes`: `tolerance`, `recent`, `every_seconds`, `share`, `to_see`, `count` (see `Probes` in the settings)

`look` answers `{settled, probes, seen, outside, drift, wait_seconds}` and gives the metrics
`AnswersOutsideBands`, `PredictionDrift`, `Probes` and `ProbesSeen` a data point. It first sends what it takes
to see the new fleet, and the rest only when it was seen.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws.clients import client
from lambdas.aws.endpoints import BUSY
from lambdas.planning.execution_plan import utc_now
from lambdas.planning.sources import is_there, listed
from lambdas.probing import comparison
from lambdas.probing.asking import ask, runtime
from lambdas.probing.errors import InvalidRows, NothingToAsk, ProbesLost, TooSlow
from lambdas.probing.rows import Row, captured_rows, distinct, golden_rows
from mdlc_constructs.settings.strict_json import json_lines

logger = Logger(service="probe-answers")

NAMESPACE = "MDLC"
MOST_GOLDEN = 500
MOST_FILES, MOST_HOURS = 40, 72
MOST_BYTES = 2 * 1024 * 1024
"""How far captures are looked through for recent rows, and how much of a file is read."""

MOST_SECONDS = 200.0
"""How long may be asked at once, whatever else is allowed: the function itself has five minutes."""

LOOK_SHARE = 2 / 3
"""Share of the time between two looks that one may spend asking."""

AHEAD_SECONDS = 2.0
"""Looks begin this much less than `every` apart, so that no period of the alarm stays without data."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Record or look (see the module's documentation)."""
    found = baseline(event) if event["mode"] == "baseline" else look(event)
    logger.info(event["mode"], extra={"run": event["run"], "endpoint": event["endpoint"], "found": found})
    return found


def baseline(event: dict[str, Any]) -> dict[str, Any]:
    """Ask the version in service all rows and keep its answers.

    Raises:
        ProbeError: when there is nothing to ask, or no answer to hold others to.
    """
    s3, settings = client("s3"), event["probes"]
    golden = _golden(s3, event) if event["golden"] else ()
    recent = distinct(_recent(s3, event), settings["recent"]) if event["captured"] else ()
    rows = distinct((*golden, *recent), len(golden) + len(recent))
    if not rows:
        raise NothingToAsk(
            "There are neither golden rows nor captured requests to ask: record rows in golden/rows.jsonl "
            "and golden/expected.csv, wait for traffic, or watch no quality of answers (quality_share=None)."
        )
    answers = ask(runtime(), event["endpoint"], rows, run=event["run"], seconds=MOST_SECONDS)
    kept = comparison.book(zip(rows, answers, strict=False), settings["tolerance"])
    s3.put_object(Bucket=event["bucket"], Key=_place(event), Body=kept.to_json().encode())
    return {"probes": len(kept.probes), "version": kept.version}


def look(event: dict[str, Any]) -> dict[str, Any]:
    """Ask, measure, and say whether the endpoint has settled.

    Raises:
        ProbeError: when nothing can be said of the new version though the endpoint is being updated.
    """
    began = time.monotonic()
    settings, status = event["probes"], _status(event)
    if status != "Updating":  # no new fleet beside an old one: nobody to tell apart, or nobody at all
        return {
            "settled": status not in BUSY,
            "probes": 0,
            "seen": 0,
            "outside": None,
            "drift": None,
            "wait_seconds": settings["every_seconds"],
        }
    kept = _kept(event)
    found = _look(event, kept, min(MOST_SECONDS, settings["every_seconds"] * LOOK_SHARE))
    _measure(event, found)
    left = settings["every_seconds"] - (time.monotonic() - began) - AHEAD_SECONDS
    return {
        "settled": _status(event) not in BUSY,
        "probes": found.probes,
        "seen": found.seen,
        "outside": found.outside,
        "drift": found.drift,
        "wait_seconds": max(1, int(left)),
    }


def _look(event: dict[str, Any], kept: comparison.Book, seconds: float) -> comparison.Look:
    settings = event["probes"]
    version = None if event["version"] is None else str(event["version"])
    seed = f"{event['run']} {utc_now().isoformat()}"
    order = [kept.probes[n] for n in comparison.drawn(len(kept.probes), settings["count"], seed)]
    began = time.monotonic()
    first = min(settings["to_see"], len(order))
    answers = ask(runtime(), event["endpoint"], order[:first], run=event["run"], seconds=seconds)
    if len(answers) < first:
        raise TooSlow(
            f"The endpoint {event['endpoint']} answered {len(answers)} probes in {seconds:.0f} seconds, and "
            f"it takes {first} to see the new fleet: shift a larger part at first, or look less often."
        )
    told = comparison.tells_versions(kept.version, version)
    if not told or any(comparison.is_new(answer, kept.version) for answer in answers):
        left = seconds - (time.monotonic() - began)
        answers += ask(runtime(), event["endpoint"], order[first:], run=event["run"], seconds=left)
    return comparison.judge(
        list(zip(order, answers, strict=False)),
        champion=kept.version,
        version=version,
        share=settings["share"],
    )


def _status(event: dict[str, Any]) -> str:
    return str(client("sagemaker").describe_endpoint(EndpointName=event["endpoint"])["EndpointStatus"])


def _place(event: dict[str, Any]) -> str:
    return f"runs/{event['run']}/probes.json"


def _kept(event: dict[str, Any]) -> comparison.Book:
    text = _text(client("s3"), event["bucket"], _place(event), None)
    if text is None:
        raise ProbesLost(f"There is no {_place(event)}: the champion's answers were never recorded.")
    return comparison.Book.from_json(text)


def _text(s3: Any, bucket: str, key: str, most: int | None) -> str | None:
    """The object's first bytes as text; None when there is none."""
    if not is_there(s3, bucket, key):
        return None
    body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    text: str = body.read(most).decode(errors="replace")
    body.close()
    return text


def _required(s3: Any, bucket: str, key: str, most: int | None) -> str:
    text = _text(s3, bucket, key, most)
    if text is None:
        raise InvalidRows(
            f"There is no {key} in the model's bucket: record golden rows, or give golden=None."
        )
    return text


def _golden(s3: Any, event: dict[str, Any]) -> tuple[Row, ...]:
    text = _required(s3, event["bucket"], "golden/rows.jsonl", MOST_BYTES + 1)
    lines = json_lines(text)
    if len(text.encode()) > MOST_BYTES:
        lines = lines[:-1]  # it may be cut off
    expected = _required(s3, event["bucket"], "golden/expected.csv", None)
    return golden_rows(lines[:MOST_GOLDEN], expected, event["content_type"])


def _recent(s3: Any, event: dict[str, Any]) -> Iterator[Row]:
    """Rows of captured requests, the newest files first."""
    for key in islice(_captures(s3, event, utc_now()), MOST_FILES):
        yield from reversed(list(captured_rows(_text(s3, event["bucket"], key, MOST_BYTES) or "")))


def _captures(s3: Any, event: dict[str, Any], now: datetime) -> Iterator[str]:
    """Keys of capture files: hour by hour backwards, and backwards within the hour."""
    for hours in range(MOST_HOURS):
        hour = now - timedelta(hours=hours)
        prefix = f"capture/{event['endpoint']}/{event['variant']}/{hour:%Y/%m/%d/%H}/"
        keys = [entry["Key"] for entry in listed(s3, event["bucket"], prefix)]
        # They are named by minute and second.
        yield from sorted(keys, reverse=True)


def _measure(event: dict[str, Any], found: comparison.Look) -> None:
    dimensions = [
        {"Name": "EndpointName", "Value": event["endpoint"]},
        {"Name": "VariantName", "Value": event["variant"]},
    ]
    values = {
        "AnswersOutsideBands": (found.outside, "None"),
        "PredictionDrift": (found.drift, "None"),
        "Probes": (found.probes, "Count"),
        "ProbesSeen": (found.seen, "Count"),
    }
    client("cloudwatch").put_metric_data(
        Namespace=NAMESPACE,
        MetricData=[
            {"MetricName": name, "Dimensions": dimensions, "Value": float(value), "Unit": unit}
            for name, (value, unit) in values.items()
            if value is not None
        ],
    )
