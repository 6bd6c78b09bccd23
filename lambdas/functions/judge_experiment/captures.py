"""Reads the requests and answers in data capture files, and chooses the files to read. Pure functions."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lambdas.probing.comparison import Answer, parsed
from lambdas.probing.rows import PROBE_PREFIX, CaptureFile, captured_text
from mdlc_constructs.settings.strict_json import json_lines, read_json

STRETCH_CHARACTERS = 1
"""Characters of a file's name that identify its interval: the minute's first digit, so ten minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer.

    Attributes:
        ids: keys that join it to the other version's answer to the same request, the most reliable first: the
            caller's inference id, SageMaker's event id, the request itself.
        inference_id: the caller's inference id, or None.
        row: the request, when it is one JSON object.
        answers: each row's answer, None for one without numbers; empty when not captured.
    """

    ids: tuple[str, ...]
    inference_id: str | None
    row: Mapping[str, object] | None
    answers: tuple[Answer | None, ...]


def exchanges(text: str) -> Iterator[Exchange]:
    """Yield the exchanges in a capture file; skips lines in another format, and probes of releases."""
    for line in json_lines(text):
        try:
            event = json.loads(line)
            data, about = event["captureData"], event["eventMetadata"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        inference_id = about.get("inferenceId")
        if str(inference_id or "").startswith(PROBE_PREFIX):
            continue
        request, answer = captured_text(data.get("endpointInput")), captured_text(data.get("endpointOutput"))
        ids = [f"inference {inference_id}"] if inference_id else []
        if about.get("eventId"):
            ids.append(f"event {about['eventId']}")
        if request is not None:
            ids.append(f"request {request}")
        yield Exchange(
            ids=tuple(ids),
            inference_id=str(inference_id) if inference_id else None,
            row=_row(request),
            answers=tuple(parsed(line) for line in json_lines(answer or "")),
        )


def _row(request: str | None) -> Mapping[str, object] | None:
    try:
        row = read_json(request or "")
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def spread(files: Iterable[CaptureFile], *, max_bytes: int, max_files: int) -> list[str]:
    """Keys of the files to read: all files, or those of every n-th ten-minute interval.

    Args:
        files: files of all variants, with keys `<...>/<variant>/<yyyy>/<mm>/<dd>/<hh>/<mm>-<ss>-...`.
        max_bytes: approximate limit of the bytes to read.
        max_files: approximate limit of the files to read.
    """
    stretches: dict[str, list[CaptureFile]] = {}
    for file in files:
        *_, year, month, day, hour, name = file.key.split("/")
        when = "/".join((year, month, day, hour, name[:STRETCH_CHARACTERS]))
        stretches.setdefault(when, []).append(file)
    size = sum(file.size for stretch in stretches.values() for file in stretch)
    count = sum(len(stretch) for stretch in stretches.values())
    every = max(1, math.ceil(size / max_bytes), math.ceil(count / max_files))
    chosen: Sequence[str] = sorted(stretches)[::every]
    return [file.key for when in chosen for file in stretches[when]]
