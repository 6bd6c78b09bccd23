"""Answers to the same rows, held against each other. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lambdas.probing.comparison import Answer, Scores
from mdlc_constructs.settings.payloads.codec import JsonValue
from mdlc_constructs.settings.payloads.monitoring import Comparison, ReplayResult
from mdlc_constructs.settings.strict_json import json_lines

Known = Answer | None
"""What was answered to a row; None for an error, for silence, and for what was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledRequest:
    """A captured request of one row, and what was answered to it then."""

    inference_id: str
    body: str
    answer: Known
    content_type: str


def requests(text: str, content_type: str) -> tuple[SampledRequest, ...]:
    """The requests that the monitor job sampled: JSON lines of `inference_id`, `row`, `score`, `version`."""
    sample = []
    for line in json_lines(text):
        sampled: Mapping[str, JsonValue] = json.loads(line)
        sample.append(
            SampledRequest(
                inference_id=str(sampled.get("inference_id") or ""),
                body=json.dumps(sampled["row"]),
                answer=_answer(sampled.get("score"), sampled.get("version")),
                content_type=content_type,
            )
        )
    return tuple(sample)


def _answer(score: JsonValue, version: JsonValue) -> Known:
    scores = score if isinstance(score, list) else [score]
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in scores):
        return None
    return Answer(
        scores=tuple(float(each) for each in scores), version=None if version is None else str(version)
    )


def package_answers(texts: Iterable[str], rows: int, version: int) -> list[Known]:
    """What a transform job answered, row by row; nothing when they are not as many as the rows.

    Containers part answers by lines or by commas; a model with several answers a row gives none that can be
    told apart here.
    """
    cells = [cell for text in texts for line in text.split() for cell in line.split(",") if cell]
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return []
    if len(numbers) != rows:
        return []
    return [Answer(scores=(number,), version=str(version)) for number in numbers]


def compare(first: Sequence[Known], second: Sequence[Known], tolerance: float) -> Comparison:
    """Pairs of one version's answers, or of answers of which one does not say whose it is."""
    gaps = [
        _gap(before.scores, after.scores)
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


def _gap(before: Scores, after: Scores) -> float | None:
    """How far two answers lie apart; None for answers of different shape, which no number tells."""
    if len(before) != len(after):
        return None
    return max(abs(a - b) for a, b in zip(before, after, strict=True))


def versions(answers: Iterable[Known]) -> dict[str, int]:
    """How many answers name which version."""
    return dict(
        Counter(answer.version for answer in answers if answer is not None and answer.version is not None)
    )


def worst(comparisons: Mapping[str, Comparison], notes: Sequence[str]) -> ReplayResult:
    """The numbers of all comparisons together: the worst of each."""
    moved = [each.moved for each in comparisons.values() if each.moved is not None]
    largest = [each.largest_move for each in comparisons.values() if each.largest_move is not None]
    return ReplayResult(
        moved=max(moved, default=None),
        largest_move=max(largest, default=None),
        comparisons=comparisons,
        notes=tuple(notes),
    )


def reference(bodies: Sequence[str], answers: Sequence[Known]) -> str:
    """First answers to golden rows, for later windows to compare with."""
    kept = {
        body: list(answer.scores) for body, answer in zip(bodies, answers, strict=False) if answer is not None
    }
    return json.dumps(kept)


def first_answers(text: str, bodies: Sequence[str]) -> list[Known]:
    """The first answers to these rows; None for rows that were not asked then."""
    kept: Mapping[str, list[float]] = json.loads(text)
    return [Answer(scores=tuple(kept[body])) if body in kept else None for body in bodies]
