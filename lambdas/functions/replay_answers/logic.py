"""Answers to the same rows, held against each other. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.probing.comparison import Answer, Scores
from mdlc_constructs.settings.strict_json import json_lines

Known = Answer | None
"""What was answered to a row; None for an error, for silence, and for what was not asked."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """How answers to the same rows differ.

    Attributes:
        rows: pairs that could be compared.
        moved: share of them that lie further apart than the tolerance; None without pairs.
        largest: how far the pair that lies furthest apart does; None without pairs.
    """

    rows: int
    moved: float | None
    largest: float | None

    def to_json(self) -> dict[str, Any]:
        """As `consistency.json` holds it."""
        return {"rows": self.rows, "moved": self.moved, "largest_move": self.largest}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A captured request of one row, and what was answered to it then."""

    inference_id: str
    body: str
    answer: Known
    content_type: str


def requests(text: str, content_type: str) -> tuple[Request, ...]:
    """The requests that the monitor job sampled: JSON lines of `inference_id`, `row`, `score`, `version`."""
    found = []
    for line in json_lines(text):
        given: Mapping[str, Any] = json.loads(line)
        found.append(
            Request(
                inference_id=str(given.get("inference_id") or ""),
                body=json.dumps(given["row"]),
                answer=_answer(given.get("score"), given.get("version")),
                content_type=content_type,
            )
        )
    return tuple(found)


def _answer(score: Any, version: Any) -> Known:
    scores = score if isinstance(score, list) else [score]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in scores):
        return None
    return Answer(
        scores=tuple(float(one) for one in scores), version=None if version is None else str(version)
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


def compare(first: Sequence[Known], second: Sequence[Known], tolerance: float) -> Compared:
    """Pairs of one version's answers, or of answers of which one does not say whose it is."""
    gaps = [
        _gap(one.scores, other.scores)
        for one, other in zip(first, second, strict=False)
        if one is not None and other is not None and _same_version(one, other)
    ]
    if not gaps:
        return Compared(rows=0, moved=None, largest=None)
    measured = [gap for gap in gaps if gap is not None]
    moved = sum(gap is None or gap > tolerance for gap in gaps) / len(gaps)
    return Compared(rows=len(gaps), moved=moved, largest=max(measured, default=None))


def _same_version(one: Answer, other: Answer) -> bool:
    return one.version is None or other.version is None or one.version == other.version


def _gap(one: Scores, other: Scores) -> float | None:
    """How far two answers lie apart; None for answers of different shape, which no number tells."""
    if len(one) != len(other):
        return None
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def versions(answers: Iterable[Known]) -> dict[str, int]:
    """How many answers name which version."""
    found: dict[str, int] = {}
    for answer in answers:
        if answer is not None and answer.version is not None:
            found[answer.version] = found.get(answer.version, 0) + 1
    return found


def found(comparisons: Mapping[str, Compared], notes: Sequence[str]) -> dict[str, Any]:
    """The numbers of all comparisons together: the worst of each."""
    moved = [one.moved for one in comparisons.values() if one.moved is not None]
    largest = [one.largest for one in comparisons.values() if one.largest is not None]
    return {
        "moved": max(moved, default=None),
        "largest_move": max(largest, default=None),
        "comparisons": {name: one.to_json() for name, one in comparisons.items()},
        "notes": list(notes),
    }


def reference(bodies: Sequence[str], answers: Sequence[Known]) -> str:
    """First answers to golden rows, for later windows to compare with."""
    kept = {
        body: list(answer.scores) for body, answer in zip(bodies, answers, strict=False) if answer is not None
    }
    return json.dumps(kept)


def referred(text: str, bodies: Sequence[str]) -> list[Known]:
    """The first answers to these rows; None for rows that were not asked then."""
    kept: Mapping[str, list[float]] = json.loads(text)
    return [Answer(scores=tuple(kept[body])) if body in kept else None for body in bodies]
