"""Capture files of a window, and the version that the answers in them name."""

import base64
import binascii
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.functions.plan_monitoring.windows import Window
from lambdas.planning.sources import listed
from lambdas.probing.comparison import parsed
from lambdas.probing.rows import PROBE_PREFIX
from mdlc_constructs.settings.strict_json import json_lines

HOUR = timedelta(hours=1)
BY_DAY = timedelta(hours=12)
"""From this length on files are listed by the day: one list instead of many."""

MOST_LOOKED_INTO, MOST_BYTES = 5, 256 * 1024
"""How many files are looked into for the version, and how much of each."""

PART_BYTES, MOST_OF_A_FILE = 64 * 1024, 8 * 1024 * 1024
"""A file written after the window's end is read in parts until one tells something, and no further."""

READERS = 4
"""Files that are read side by side: each holds a part, and the line that goes beyond it."""


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
    hour on either side are looked at too. What was written before the window began is left out, and of what
    was written after its end everything that holds none of its rows: the requests that replay a window are
    captured as well, and must not make it another one.

    Args:
        variants: whose; none for all there are.
    """
    first = window.start.replace(minute=0, second=0, microsecond=0) - HOUR
    last = window.end + HOUR
    found: list[Captured] = []
    later: list[Captured] = []
    for variant in variants or _variants(s3, bucket, endpoint):
        folder = f"capture/{endpoint}/{variant}/"
        for prefix in _prefixes(folder, first, last):
            for entry in listed(s3, bucket, prefix):
                hour = entry["Key"].removeprefix(folder)[: len("2013/01/31/23")]
                near = first.strftime("%Y/%m/%d/%H") <= hour <= last.strftime("%Y/%m/%d/%H")
                # Of an empty file no part can be asked for.
                if near and entry["Size"] and entry["LastModified"] >= window.start:
                    kept = found if entry["LastModified"] < window.end else later
                    kept.append(Captured(entry["Key"], entry["Size"]))
    with ThreadPoolExecutor(max_workers=READERS) as pool:
        holds = pool.map(lambda file: _may_hold(s3, bucket, file, window), later)
        found += [file for file, held in zip(later, holds, strict=True) if held]
    return tuple(sorted(found))


def _may_hold(s3: Any, bucket: str, file: Captured, window: Window) -> bool:
    """Whether a file may hold a caller's request of before the window's end, as far as its first lines tell.

    Requests are written about in the order of time.
    """
    last = f"bytes=0-{MOST_OF_A_FILE - 1}"
    body = s3.get_object(Bucket=bucket, Key=file.key, Range=last)["Body"]
    try:
        rest = b""
        while part := body.read(PART_BYTES):
            *lines, rest = (rest + part).split(b"\n")
            if moments := [at for line in lines if (at := _moment(_decoded(line))) is not None]:
                return any(moment < window.end for moment in moments)
        moment = _moment(_decoded(rest))
        return file.size > MOST_OF_A_FILE if moment is None else moment < window.end
    finally:
        # What was not read is not waited for.
        body.close()


def _decoded(content: bytes) -> str:
    return content.decode(errors="replace")


def _moment(line: str) -> datetime | None:
    """When a caller's request was answered; None for a probe, and for a line that cannot be read."""
    try:
        about = json.loads(line)["eventMetadata"]
        if str(about.get("inferenceId") or "").startswith(PROBE_PREFIX):
            return None
        moment = datetime.fromisoformat(about["inferenceTime"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _head(s3: Any, bucket: str, file: Captured, most: int) -> str:
    body = s3.get_object(Bucket=bucket, Key=file.key, Range=f"bytes=0-{most - 1}")["Body"]
    return _decoded(body.read())


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


def version_named(s3: Any, bucket: str, found: Sequence[Captured], window: Window) -> int | None:
    """The package version that most of the answers looked into name; None when none does.

    A few files are looked into, spread over the window.
    """
    named: Counter[int] = Counter()
    step = max(1, len(found) // MOST_LOOKED_INTO)
    for file in found[step // 2 :: step][:MOST_LOOKED_INTO]:
        named.update(_versions(_head(s3, bucket, file, MOST_BYTES), window))
    return named.most_common(1)[0][0] if named else None


def _versions(text: str, window: Window) -> Iterator[int]:
    """The version of each answer of the window; lines that are cut off or tell none are passed over."""
    for line in json_lines(text):
        moment = _moment(line)
        if moment is None or not window.holds(moment):
            continue
        answered = json.loads(line).get("captureData", {}).get("endpointOutput") or {}
        for part in json_lines(_text(answered)):
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
