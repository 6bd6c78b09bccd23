"""Answers whose numbers have names, as algorithms of AWS write them: rewritten as bare numbers, line by line.

`mdlc_constructs.settings.payloads.answer_formats` knows the names.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from jobs.answers import AnswerShape
from jobs.errors import InputError
from mdlc_constructs.settings.payloads.answer_formats import expected_names, read_answers
from mdlc_constructs.settings.payloads.tasks import TASKS

_SHOWN = 120
_CHUNK_BYTES = 1 << 20


def has_names(path: Path) -> bool:
    """Whether a line of a file of answers may be an object."""
    with path.open("rb") as stream:
        return any(b"{" in chunk for chunk in iter(lambda: stream.read(_CHUNK_BYTES), b""))


def write_bare(path: Path, target: Path, shape: AnswerShape) -> None:
    """Write the answers of a file to another one without names: one row a line.

    Raises:
        InputError: when a line is no answer that the task can have; names the line and what is expected.
    """
    with path.open(encoding="utf-8") as source, target.open("w", encoding="utf-8") as stream:
        try:
            for row in _rows(source, path.name, shape):
                stream.write(f"{row}\n")
        except UnicodeDecodeError as error:
            raise InputError(
                f"The answers in {path.name} cannot be read ({error}): let the model write UTF-8 text."
            ) from error


def _rows(lines: TextIO, file: str, shape: AnswerShape) -> Iterator[str]:
    answer = TASKS[shape.task].answer
    for line in lines:
        if not line.strip():
            continue
        document = _object(line)
        if document is None:
            # Numbers without names, or nothing that can be read; the reader of numbers says which.
            yield line.strip()
            continue
        answers = read_answers(document, answer, shape.names)
        if answers is None:
            raise InputError(
                f"The answers in {file} have numbers with other names, as in {line.strip()[:_SHOWN]}: "
                f"let the model write {expected_names(answer, shape.names)}."
            )
        for numbers in answers:
            # A comma alone would be no line at all.
            yield ",".join("NaN" if value != value else repr(value) for value in numbers) or "NaN"


def _object(line: str) -> dict[str, Any] | None:
    """The object of a line; None for any other line."""
    if not line.lstrip().startswith("{"):
        return None
    try:
        document: dict[str, Any] = json.loads(line, object_pairs_hook=_members)
    except (ValueError, RecursionError):
        return None
    return document


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object; none where a name occurs twice, as no one knows which is meant."""
    members = dict(pairs)
    return members if len(members) == len(pairs) else {}
