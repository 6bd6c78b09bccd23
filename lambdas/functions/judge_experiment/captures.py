"""What endpoints captured, line by line, and which of it is read. Pure."""

import base64
import binascii
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.probing.comparison import Scores, parsed
from lambdas.probing.rows import PROBE_PREFIX
from mdlc_constructs.settings.strict_json import json_lines, read_json

STRETCH_CHARACTERS = 1
"""Of a file's name, which begins with minute and second: files of ten minutes are read together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A capture file."""

    key: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
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
    row: Mapping[str, Any] | None
    answers: tuple[Scores | None, ...]


def captured(text: str) -> Iterator[Captured]:
    """The exchanges in a capture file; lines of another kind, and probes of releases, are passed over."""
    for line in json_lines(text):
        try:
            event = json.loads(line)
            data, about = event["captureData"], event["eventMetadata"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        given = about.get("inferenceId")
        if str(given or "").startswith(PROBE_PREFIX):
            continue
        asked, answered = _text(data.get("endpointInput")), _text(data.get("endpointOutput"))
        ids = [f"inference {given}"] if given else []
        if about.get("eventId"):
            ids.append(f"event {about['eventId']}")
        if asked is not None:
            ids.append(f"request {asked}")
        yield Captured(
            ids=tuple(ids),
            inference_id=str(given) if given else None,
            row=_row(asked),
            answers=tuple(_scores(one) for one in json_lines(answered or "")),
        )


def _text(side: Any) -> str | None:
    if not isinstance(side, Mapping) or not isinstance(side.get("data"), str):
        return None
    if side.get("encoding") != "BASE64":
        return str(side["data"])
    try:
        return base64.b64decode(side["data"], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _row(asked: str | None) -> Mapping[str, Any] | None:
    try:
        row = read_json(asked or "")
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _scores(line: str) -> Scores | None:
    answer = parsed(line)
    return None if answer is None else answer.scores


def spread(files: Iterable[Stored], *, most_bytes: int, most_files: int) -> list[str]:
    """Keys of the files to read: all, or every so many stretches of time with all their files.

    Args:
        files: of all variants, each `<...>/<variant>/<yyyy>/<mm>/<dd>/<hh>/<mm>-<ss>-...`.
        most_bytes: what is read in all, roughly.
        most_files: how many files are read in all, roughly.
    """
    stretches: dict[str, list[Stored]] = {}
    for file in files:
        *_, year, month, day, hour, name = file.key.split("/")
        when = "/".join((year, month, day, hour, name[:STRETCH_CHARACTERS]))
        stretches.setdefault(when, []).append(file)
    size = sum(file.size for found in stretches.values() for file in found)
    count = sum(len(found) for found in stretches.values())
    every = max(1, math.ceil(size / most_bytes), math.ceil(count / most_files))
    chosen: Sequence[str] = sorted(stretches)[::every]
    return [file.key for when in chosen for file in stretches[when]]
