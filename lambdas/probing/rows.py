"""Rows for probes: golden rows with expected answers, and rows of captured requests. Pure functions."""

import base64
import binascii
import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lambdas.probing.errors import InvalidRows
from mdlc_constructs.settings.strict_json import json_lines

PROBE_PREFIX = "probe-"
"""Prefix of every probe's inference id."""

MAX_ROW_CHARACTERS = 65_536
"""Longer captured rows are not used: all rows and the champion's answers are stored in one S3 object."""

_BY_LINE = ("application/jsonlines", "application/x-jsonlines", "application/json-lines", "text/csv")
"""Content types with which a request may hold several rows, one per line."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One request of one row.

    Attributes:
        expected: the expected answer to a golden row: a number, or a class as text; None for other rows.
        written: the expected answer as it is written: the class `01` is another one than `1`.
    """

    body: str
    content_type: str
    expected: float | str | None = None
    written: str = ""


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class CaptureFile:
    """A capture file, by its key in the model's bucket, with its size in bytes."""

    key: str
    size: int


def captured_text(side: object) -> str | None:
    """The text of one side of a capture, `endpointInput` or `endpointOutput`; None when it has no text."""
    if not isinstance(side, Mapping) or not isinstance(side.get("data"), str):
        return None
    if side.get("encoding") != "BASE64":
        return str(side["data"])
    try:
        return base64.b64decode(side["data"], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def golden_rows(lines: Sequence[str], expected_csv: str, content_type: str) -> tuple[Row, ...]:
    """The golden rows with their expected answers, matched line by line.

    Args:
        lines: the rows; blank lines are skipped.
        expected_csv: the header `row_key,expected`, then one line per row in the rows' order.

    Raises:
        InvalidRows: naming the line and the remedy.
    """
    rows = [line.strip() for line in lines if line.strip()]
    header, *records = list(csv.reader(io.StringIO(expected_csv))) or [[]]
    if header != ["row_key", "expected"]:
        raise InvalidRows(f"golden/expected.csv begins with {header!r}: give the header row_key,expected.")
    records = [record for record in records if record]
    if len(records) < len(rows):
        raise InvalidRows(
            f"golden/expected.csv has {len(records)} answers for {len(rows)} rows of golden/rows.jsonl: "
            "give one line a row, in the same order."
        )
    return tuple(
        Row(
            body=body,
            content_type=content_type,
            expected=_expected(record, number),
            written=record[1].strip(),
        )
        for number, (body, record) in enumerate(zip(rows, records, strict=False), start=2)
    )


def _expected(record: Sequence[str], number: int) -> float | str:
    """The expected answer: a number, or a text that may be a class."""
    if len(record) < 2 or not record[1].strip():
        raise InvalidRows(
            f"Line {number} of golden/expected.csv is {','.join(record)!r}: give row_key,number, or "
            "row_key,class."
        )
    try:
        value = float(record[1])
    except ValueError:
        return record[1]
    if not math.isfinite(value):
        raise InvalidRows(f"Line {number} of golden/expected.csv expects {record[1]!r}: give a number.")
    return value


def captured_rows(text: str) -> Iterator[Row]:
    """The rows of a capture file in the order of the file, each row of a request as a `Row` of its own.

    Skips lines that cannot be parsed, and probes of earlier releases: rows must come from callers.
    """
    for line in json_lines(text):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        request = _request_of(event)
        if request is None:
            continue
        body, content_type = request
        kind = content_type.split(";")[0].strip().lower()
        for part in json_lines(body) if kind in _BY_LINE else [body]:
            if part.strip() and len(part) <= MAX_ROW_CHARACTERS:
                yield Row(body=part.strip(), content_type=content_type)


def _request_of(event: object) -> tuple[str, str] | None:
    """The request's body and content type; None for a probe, or when the body is not text."""
    if not isinstance(event, Mapping):
        return None
    about = event.get("eventMetadata") or {}
    request = (event.get("captureData") or {}).get("endpointInput") or {}
    body = captured_text(request)
    if body is None or str(about.get("inferenceId", "")).startswith(PROBE_PREFIX):
        return None
    return body, str(request.get("observedContentType") or "text/csv")


def distinct(rows: Iterable[Row], most: int) -> tuple[Row, ...]:
    """At most `most` rows, without repetitions of a body and content type."""
    first: dict[tuple[str, str], Row] = {}
    for row in rows:
        if len(first) >= most:
            break
        first.setdefault((row.content_type, row.body), row)
    return tuple(first.values())
