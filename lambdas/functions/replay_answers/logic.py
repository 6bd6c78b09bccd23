"""Compares answers to the same rows. Pure functions."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lambdas.probing.comparison import Answer, parsed
from mdlc_constructs.settings.payloads.answer_formats import read_answers
from mdlc_constructs.settings.payloads.codec import JsonValue
from mdlc_constructs.settings.payloads.monitoring import Comparison, ReplayResult
from mdlc_constructs.settings.strict_json import json_lines

Known = Answer | None
"""The answer to a row; None for an error, for a timeout, and for a row that was not sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledRequest:
    """A captured request of one row, and its captured answer.

    Attributes:
        classes: in the order of the model's numbers; empty for an answer of one number.
    """

    inference_id: str
    body: str
    answer: Known
    content_type: str
    classes: tuple[str, ...] = ()


def requests(text: str, content_type: str) -> tuple[SampledRequest, ...]:
    """The requests that the monitor job sampled: JSON lines of `inference_id`, `row`, `score`, `version`.

    Of a model of classes they have `probabilities` too.
    """
    sample = []
    for line in json_lines(text):
        sampled: Mapping[str, JsonValue] = json.loads(line)
        sample.append(
            SampledRequest(
                inference_id=str(sampled.get("inference_id") or ""),
                body=json.dumps(sampled["row"]),
                answer=_answer(sampled),
                content_type=content_type,
                classes=tuple(sampled.get("probabilities") or ()),
            )
        )
    return tuple(sample)


def _answer(sampled: Mapping[str, JsonValue]) -> Known:
    score: JsonValue = sampled.get("score")
    version, probabilities = sampled.get("version"), sampled.get("probabilities")
    if isinstance(probabilities, Mapping):
        return parsed(json.dumps({"probabilities": probabilities, "version": version}))
    scores = score if isinstance(score, list) else [score]
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in scores):
        return None
    return Answer(
        scores=tuple(float(each) for each in scores), version=None if version is None else str(version)
    )


def package_answers(
    texts: Iterable[str], rows: int, version: int, classes: Sequence[str] = ()
) -> list[Known]:
    """A transform job's answers, row by row; empty when there are not as many numbers as the rows need.

    Containers separate answers by line breaks or commas, and write several numbers in brackets. Algorithms of
    AWS write an object a line.

    Args:
        classes: in the order of the model's numbers; empty for one number a row.
    """
    numbers = [number for text in texts for line in json_lines(text) for number in _numbers(line, classes)]
    if not all(map(math.isfinite, numbers)):
        return []
    each = len(classes) or 1
    if len(numbers) != rows * each:
        return []
    order = sorted(range(len(classes)), key=lambda place: classes[place]) or [0]
    names = tuple(sorted(classes))
    return [
        Answer(
            scores=tuple(numbers[row * each + place] for place in order), version=str(version), names=names
        )
        for row in range(rows)
    ]


def _numbers(line: str, classes: Sequence[str]) -> list[float]:
    """The numbers of a line; NaN where it holds something else."""
    if line.lstrip().startswith("{"):
        try:
            document = json.loads(line)
        except (ValueError, RecursionError):
            document = None
        rows = read_answers(document, "probabilities" if classes else "score", classes)
        return [math.nan] if rows is None else [number for row in rows for number in row]
    cells = (cell.strip(" []\r") for cell in line.split(","))
    return [_number(cell) for cell in cells if cell]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def compare(first: Sequence[Known], second: Sequence[Known], tolerance: float) -> Comparison:
    """Compare pairs of answers by the same version, or of which at least one names no version."""
    gaps = [
        _gap(before, after)
        for before, after in zip(first, second, strict=False)
        if before is not None and after is not None and _same_version(before, after)
    ]
    if not gaps:
        return Comparison(rows=0, moved=None, largest_move=None)
    measured = [gap for gap in gaps if gap is not None]
    moved = sum(gap is None or gap > tolerance for gap in gaps) / len(gaps)
    return Comparison(rows=len(gaps), moved=moved, largest_move=max(measured, default=None))


def _same_version(before: Answer, after: Answer) -> bool:
    return before.version is None or after.version is None or before.version == after.version


def _gap(before: Answer, after: Answer) -> float | None:
    """The largest difference between two answers; None when they have different numbers of scores."""
    # A reference of an earlier release has no names.
    renamed = before.names and after.names and before.names != after.names
    if renamed or len(before.scores) != len(after.scores):
        return None
    return max(abs(a - b) for a, b in zip(before.scores, after.scores, strict=True))


def versions(answers: Iterable[Known]) -> dict[str, int]:
    """The number of answers by the version that they name."""
    return dict(
        Counter(answer.version for answer in answers if answer is not None and answer.version is not None)
    )


def worst(comparisons: Mapping[str, Comparison], notes: Sequence[str]) -> ReplayResult:
    """The result of all comparisons: the highest `moved` and the highest `largest_move`."""
    moved = [each.moved for each in comparisons.values() if each.moved is not None]
    largest = [each.largest_move for each in comparisons.values() if each.largest_move is not None]
    return ReplayResult(
        moved=max(moved, default=None),
        largest_move=max(largest, default=None),
        comparisons=comparisons,
        notes=tuple(notes),
    )


def reference(bodies: Sequence[str], answers: Sequence[Known]) -> str:
    """The first answers to golden rows as JSON, for comparison with later ones."""
    kept = {
        body: list(answer.scores) for body, answer in zip(bodies, answers, strict=False) if answer is not None
    }
    return json.dumps(kept)


def first_answers(text: str, bodies: Sequence[str]) -> list[Known]:
    """The first answers to these rows, from the JSON of `reference`; None for rows without one."""
    kept: Mapping[str, list[float]] = json.loads(text)
    return [Answer(scores=tuple(kept[body])) if body in kept else None for body in bodies]
