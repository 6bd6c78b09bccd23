"""Data capture files of a window, and the package version that the captured answers name."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.functions.plan_monitoring.windows import Window
from lambdas.planning.sources import listed
from lambdas.probing.comparison import parsed
from lambdas.probing.rows import PROBE_PREFIX, CaptureFile, captured_text
from mdlc_constructs.settings.payloads.moments import parse_moment
from mdlc_constructs.settings.strict_json import json_lines

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HOUR = timedelta(hours=1)
BY_DAY = timedelta(hours=12)
"""Longer ranges of time are listed day by day instead of hour by hour, with fewer S3 requests."""

MAX_FILES_READ, MAX_BYTES_READ = 5, 256 * 1024
"""How many files are read to find the version, and how many bytes of each."""

PART_BYTES, MAX_BYTES_OF_LATE_FILE = 64 * 1024, 8 * 1024 * 1024
"""A file written after the window's end is read in parts, up to the first one with a caller's request."""

READERS = 4
"""Files read in parallel: each keeps in memory one part and the line that goes beyond it."""


def files(
    s3: "S3Client", bucket: str, endpoint: str, window: Window, variants: Sequence[str] = ()
) -> tuple[CaptureFile, ...]:
    """The files that may hold rows of the window, sorted by their keys.

    SageMaker files captures by the hour, without saying whether it is the hour of the request or of the file,
    so one more hour on either side is listed. Files written before the window's start are left out, and so
    are later files without rows of the window: the requests that replay a window are captured, too, and must
    not change its list of files.

    Args:
        variants: the endpoint's variants to look at; empty for all.
    """
    first = window.start.replace(minute=0, second=0, microsecond=0) - HOUR
    last = window.end + HOUR
    during: list[CaptureFile] = []
    later: list[CaptureFile] = []
    for variant in variants or _variants(s3, bucket, endpoint):
        folder = f"capture/{endpoint}/{variant}/"
        for prefix in _prefixes(folder, first, last):
            for entry in listed(s3, bucket, prefix):
                hour = entry["Key"].removeprefix(folder)[: len("2013/01/31/23")]
                near = first.strftime("%Y/%m/%d/%H") <= hour <= last.strftime("%Y/%m/%d/%H")
                # S3 refuses a Range request on an empty file.
                if near and entry["Size"] and entry["LastModified"] >= window.start:
                    kept = during if entry["LastModified"] < window.end else later
                    kept.append(CaptureFile(key=entry["Key"], size=entry["Size"]))
    with ThreadPoolExecutor(max_workers=READERS) as pool:
        holds = pool.map(lambda file: _may_hold(s3, bucket, file, window), later)
        during += [file for file, held in zip(later, holds, strict=True) if held]
    return tuple(sorted(during))


def _may_hold(s3: "S3Client", bucket: str, file: CaptureFile, window: Window) -> bool:
    """Whether a file may hold a caller's request from before the window's end, judged by its first lines.

    Requests are written roughly in the order of time.
    """
    last = f"bytes=0-{MAX_BYTES_OF_LATE_FILE - 1}"
    body = s3.get_object(Bucket=bucket, Key=file.key, Range=last)["Body"]
    try:
        rest = b""
        while part := body.read(PART_BYTES):
            *lines, rest = (rest + part).split(b"\n")
            moments = [at for line in lines if (at := _moment(_decoded(line))) is not None]
            if moments:
                return any(moment < window.end for moment in moments)
        moment = _moment(_decoded(rest))
        return file.size > MAX_BYTES_OF_LATE_FILE if moment is None else moment < window.end
    finally:
        # Do not wait for the part that was not read.
        body.close()


def _decoded(content: bytes) -> str:
    return content.decode(errors="replace")


def _moment(line: str) -> datetime | None:
    """When a caller's request was answered; None for a probe, and for a line that cannot be parsed."""
    try:
        about = json.loads(line)["eventMetadata"]
        if str(about.get("inferenceId") or "").startswith(PROBE_PREFIX):
            return None
        return parse_moment(about["inferenceTime"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _head(s3: "S3Client", bucket: str, file: CaptureFile, most: int) -> str:
    body = s3.get_object(Bucket=bucket, Key=file.key, Range=f"bytes=0-{most - 1}")["Body"]
    return _decoded(body.read())


def _variants(s3: "S3Client", bucket: str, endpoint: str) -> list[str]:
    """The names of all variants that have captures."""
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


def version_named(s3: "S3Client", bucket: str, captured: Sequence[CaptureFile], window: Window) -> int | None:
    """The package version that most of the sampled answers name, or None when none names one.

    Reads the heads of a few files, spread over the window.
    """
    named: Counter[int] = Counter()
    step = max(1, len(captured) // MAX_FILES_READ)
    for file in captured[step // 2 :: step][:MAX_FILES_READ]:
        named.update(_versions(_head(s3, bucket, file, MAX_BYTES_READ), window))
    return named.most_common(1)[0][0] if named else None


def _versions(text: str, window: Window) -> Iterator[int]:
    """The version of each answer of the window; skips lines that are cut off or name no version."""
    for line in json_lines(text):
        moment = _moment(line)
        if moment is None or not window.holds(moment):
            continue
        answered = json.loads(line).get("captureData", {}).get("endpointOutput")
        for part in json_lines(captured_text(answered) or ""):
            answer = parsed(part)
            if answer is not None and (answer.version or "").isdecimal():
                yield int(str(answer.version))
