"""Capture files of a window, and the version that the answers in them name."""

import base64
import binascii
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lambdas.plan_monitoring.windows import Window
from lambdas.probe_answers.logic import parsed
from lambdas.probe_answers.rows import PROBE_PREFIX

HOUR = timedelta(hours=1)
BY_DAY = timedelta(hours=12)
"""From this length on files are listed by the day: one list instead of many."""

MOST_LOOKED_INTO, MOST_BYTES = 5, 256 * 1024
"""How many files are looked into for the version, and how much of each."""


@dataclass(frozen=True, slots=True, order=True)
class Captured:
    """A capture file, by its key in the model's bucket."""

    key: str
    size: int


def files(
    s3: Any, bucket: str, endpoint: str, window: Window, variants: Sequence[str] = ()
) -> tuple[Captured, ...]:
    """The files that may hold rows of the window, sorted by their keys.

    They are filed by the hour, of which neither the request's nor the file's time is promised: those of one
    hour on either side are taken too, and each row tells its own time.

    Args:
        variants: whose; none for all there are.
    """
    first = window.start.replace(minute=0, second=0, microsecond=0) - HOUR
    last = window.end + HOUR
    found: list[Captured] = []
    for variant in variants or _variants(s3, bucket, endpoint):
        folder = f"capture/{endpoint}/{variant}/"
        for prefix in _prefixes(folder, first, last):
            for entry in _listed(s3, bucket, prefix):
                hour = entry["Key"].removeprefix(folder)[: len("2013/01/31/23")]
                if first.strftime("%Y/%m/%d/%H") <= hour <= last.strftime("%Y/%m/%d/%H"):
                    found.append(Captured(entry["Key"], entry["Size"]))
    return tuple(sorted(found))


def _variants(s3: Any, bucket: str, endpoint: str) -> list[str]:
    """Variants that were ever captured."""
    prefix = f"capture/{endpoint}/"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
    return sorted(
        entry["Prefix"].removeprefix(prefix).rstrip("/")
        for page in pages
        for entry in page.get("CommonPrefixes", [])
    )


def _prefixes(folder: str, first: datetime, last: datetime) -> Iterator[str]:
    by_day = last - first > BY_DAY
    moment = first.replace(hour=0) if by_day else first
    while moment <= last:
        yield folder + moment.strftime("%Y/%m/%d/" if by_day else "%Y/%m/%d/%H/")
        moment += timedelta(days=1) if by_day else HOUR


def _listed(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", [])


def version_named(s3: Any, bucket: str, found: Sequence[Captured], window: Window) -> int | None:
    """The package version that most of the answers looked into name; None when none does.

    A few files are looked into, spread over the window.
    """
    named: Counter[int] = Counter()
    step = max(1, len(found) // MOST_LOOKED_INTO)
    for file in found[step // 2 :: step][:MOST_LOOKED_INTO]:
        body = s3.get_object(Bucket=bucket, Key=file.key, Range=f"bytes=0-{MOST_BYTES - 1}")["Body"]
        named.update(_versions(body.read().decode(errors="replace"), window))
    return named.most_common(1)[0][0] if named else None


def _versions(text: str, window: Window) -> Iterator[int]:
    """The version of each answer of the window; lines that are cut off or tell none are passed over."""
    for line in text.splitlines():
        try:
            event = json.loads(line)
            about, answered = event["eventMetadata"], event["captureData"]["endpointOutput"]
            if not window.holds(datetime.fromisoformat(about["inferenceTime"])):
                continue
        except (ValueError, KeyError, TypeError):
            continue
        if str(about.get("inferenceId") or "").startswith(PROBE_PREFIX):
            continue
        for part in _text(answered).splitlines():
            answer = parsed(part)
            if answer is not None and (answer.version or "").isdecimal():
                yield int(str(answer.version))


def _text(side: dict[str, Any]) -> str:
    if side.get("encoding") != "BASE64":
        return str(side.get("data", ""))
    try:
        return base64.b64decode(side["data"], validate=True).decode(errors="replace")
    except (binascii.Error, KeyError):
        return ""
