"""What endpoints captured, line by line, and which of it is read. Pure."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lambdas.probing.comparison import Scores, parsed
from lambdas.probing.rows import PROBE_PREFIX, CaptureFile, captured_text
from mdlc_constructs.settings.strict_json import json_lines, read_json

STRETCH_CHARACTERS = 1
"""Of a file's name, which begins with minute and second: files of ten minutes are read together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer.

    Attributes:
        ids: what joins it to the other version's answer to the same request, the surest first: the caller's
            inference id, SageMaker's id of the event, the request itself.
        inference_id: the caller's, or None.
        row: the request, when it is one JSON object.
        answers: a row's numbers each, None for an answer without; nothing when answers are not captured.
    """

    ids: tuple[str, ...]
    inference_id: str | None
    row: Mapping[str, object] | None
    answers: tuple[Scores | None, ...]


def exchanges(text: str) -> Iterator[Exchange]:
    """The exchanges in a capture file; lines of another kind, and probes of releases, are passed over."""
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
            answers=tuple(_scores(line) for line in json_lines(answer or "")),
        )


def _row(request: str | None) -> Mapping[str, object] | None:
    try:
        row = read_json(request or "")
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _scores(line: str) -> Scores | None:
    answer = parsed(line)
    return None if answer is None else answer.scores


def spread(files: Iterable[CaptureFile], *, max_bytes: int, max_files: int) -> list[str]:
    """Keys of the files to read: all, or every so many stretches of time with all their files.

    Args:
        files: of all variants, each `<...>/<variant>/<yyyy>/<mm>/<dd>/<hh>/<mm>-<ss>-...`.
        max_bytes: what is read in all, roughly.
        max_files: how many files are read in all, roughly.
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
