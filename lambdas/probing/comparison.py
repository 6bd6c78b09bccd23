"""Each row's band of accepted answers, and the comparison of a look's answers with it. Pure functions.

A row's band reaches from the lowest to the highest known answer (the champion's and, for a golden row, the
expected one), widened by the tolerance on both sides. An answer outside the band is bad, and so is an error.
"""

import json
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from lambdas.probing.errors import ChampionSilent, InvalidRows, ProbesLost
from lambdas.probing.rows import Row
from mdlc_constructs.settings.payloads.answer_formats import read_answers
from mdlc_constructs.settings.payloads.codec import OMIT_NONE, JsonValue, decode, encode
from mdlc_constructs.settings.payloads.tasks import Answer as Kind
from mdlc_constructs.settings.rules import canonical
from mdlc_constructs.settings.strict_json import read_json

ENOUGH = 0.5
"""With less than this part of the answers expected at the new fleet's smallest share, they are too few."""

Scores = tuple[float, ...]
"""One answer: one number, or several for a model with several outputs per row."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The endpoint's answer to one row.

    Attributes:
        version: the package version; None when the answer names none.
        names: the classes that the numbers are the probabilities of, sorted, so that versions whose classes
            are in another order are compared by name; empty for numbers without names.
    """

    scores: Scores
    version: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A row and its band; `champion` is None for a golden row that the champion did not answer.

    Attributes:
        names: the classes that the numbers are of, sorted; None for numbers without names.
    """

    body: str
    content_type: str
    low: Scores
    high: Scores
    champion: Scores | None
    names: tuple[str, ...] | None = field(default=None, metadata={OMIT_NONE: True})

    def holds(self, answer: Answer | None) -> bool:
        """Whether the answer is within the band."""
        return (
            answer is not None
            and answer.names == (self.names or ())
            and len(answer.scores) == len(self.low)
            and all(
                low <= score <= high
                for low, score, high in zip(self.low, answer.scores, self.high, strict=True)
            )
        )


@dataclass(frozen=True, kw_only=True)
class Book:
    """The probes of a run, and the champion's version, as its answers name it; `probes.json` in S3."""

    version: str | None
    probes: tuple[Probe, ...]
    schema_version: int = 1

    def to_json(self) -> str:
        """The book as JSON, for S3."""
        return json.dumps(encode(self))

    @classmethod
    def from_json(cls, text: str) -> "Book":
        """The book from the JSON of `to_json`.

        Raises:
            ProbesLost: when the text is not such JSON.
        """
        try:
            return decode(cls, json.loads(text), where="probes.json")
        except ValueError as error:
            raise ProbesLost(f"probes.json cannot be read ({error!r}): release again.") from error


@dataclass(frozen=True, kw_only=True)
class Look:
    """The result of one look.

    Attributes:
        probes: number of requests sent.
        seen: number of answers by the new version; None when answers do not name their version.
        outside: share of the new version's answers that are bad; None without such answers.
        drift: Kolmogorov-Smirnov distance between both versions' answers to the same rows; None likewise.
    """

    probes: int
    seen: int | None
    outside: float | None
    drift: float | None


def parsed(text: str) -> Answer | None:
    """An answer: `{"score": ..., "version": ...}`, numbers as JSON or CSV, or an answer by AWS.

    Of an answer about classes the numbers are the probabilities, in the order of the classes' names; of a
    cluster the distance to its centre, as versions number their clusters differently.

    Returns:
        None for anything else.
    """
    version = None
    names: tuple[str, ...] = ()
    try:
        content: JsonValue = read_json(text)
    except ValueError:
        content = [_number(cell) for line in text.split() for cell in line.split(",")]
    if isinstance(content, Mapping):
        version = content.get("version")
        probabilities = content.get("probabilities")
        if isinstance(probabilities, Mapping):
            names = tuple(sorted(probabilities))
            content = [probabilities[name] for name in names]
        else:
            content = content.get("score", _of_algorithm(content))
    scores = content if isinstance(content, list) else [content]
    known = [
        float(score)
        for score in scores
        if isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score)
    ]
    if not known or len(known) < len(scores):
        return None
    return Answer(scores=tuple(known), version=None if version is None else str(version), names=names)


def _of_algorithm(content: Mapping[str, JsonValue]) -> JsonValue:
    """The numbers of the only row of an algorithm's answer; None when it has none."""
    asked: tuple[Kind, ...] = ("score", "cluster", "vector")
    for kind in asked:
        rows = read_answers(content, kind)
        if rows is not None and len(rows) == 1:
            return list(rows[0][1:] if kind == "cluster" else rows[0])
    return None


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def make_book(answered: Iterable[tuple[Row, Answer | None]], tolerance: float) -> Book:
    """The probes from rows and the champion's answers, without rows that have no known answer.

    A golden row of a model of classes expects a class: the expected answer is its probability of 1.

    Raises:
        ChampionSilent: when the champion answered no row.
        InvalidRows: when a golden row's expected answer cannot be one of the model's.
    """
    probes = []
    versions: Counter[str | None] = Counter()
    rows = list(answered)
    # All answers have the same classes; a row that was not answered has those of the others.
    names = next((answer.names for _, answer in rows if answer is not None), ())
    for row, answer in rows:
        known = [] if answer is None else [answer.scores]
        if row.expected is not None:
            known.append(_expected(row, names))
        if not known:
            continue
        if len({len(scores) for scores in known}) > 1:
            raise InvalidRows(
                f"The row {row.body[:200]!r} is expected to be answered by one number and the model answers "
                f"{len(known[0])}: leave the golden checks out for a model of several answers."
            )
        if answer is not None:
            versions[answer.version] += 1
        columns = list(zip(*known, strict=True))
        probes.append(
            Probe(
                body=row.body,
                content_type=row.content_type,
                low=tuple(min(column) - tolerance for column in columns),
                high=tuple(max(column) + tolerance for column in columns),
                champion=None if answer is None else answer.scores,
                names=names or None,
            )
        )
    if not versions:
        raise ChampionSilent(
            "The version in service answered none of the probes with a number: look at the endpoint's log, "
            "or watch no quality of answers (quality_share=None)."
        )
    return Book(version=versions.most_common(1)[0][0], probes=tuple(probes))


def _expected(row: Row, names: Sequence[str]) -> Scores:
    """The expected answer as numbers.

    Raises:
        InvalidRows: when it is no number, or none of the model's classes.
    """
    text = row.written or str(row.expected)
    if names:
        place = next((n for n, name in enumerate(names) if canonical(name) == canonical(text)), None)
        if place is None:
            raise InvalidRows(
                f"The row {row.body[:200]!r} is expected to be {text!r} and the model knows "
                f"{', '.join(names)}: record the golden rows again, with classes as expected answers."
            )
        return tuple(float(number == place) for number in range(len(names)))
    if not isinstance(row.expected, float):
        raise InvalidRows(
            f"The row {row.body[:200]!r} is expected to be {text!r} and the model answers numbers: record "
            "the golden rows again, with numbers as expected answers."
        )
    return (row.expected,)


def drawn(rows: int, count: int, seed: str) -> list[int]:
    """`count` indexes of rows in random order; each row is used once before any is repeated.

    A repeated row is an independent draw, since each request may reach either fleet.
    """
    random = Random(seed)
    indexes: list[int] = []
    while len(indexes) < count:
        indexes += random.sample(range(rows), rows)
    return indexes[:count]


def distinguishes_versions(champion: str | None, version: str | None) -> bool:
    """Whether answers name their version in a way that tells the fleets apart: not if both have the same."""
    return version is not None and version != champion


def is_new(answer: Answer | None, champion: str | None) -> bool:
    """Whether an answer is the new version's: every answer that does not name the champion's version.

    An error names none. It counts as the new version's, because the champion has answered this row before.
    """
    return answer is None or answer.version != champion


def judge(
    answered: Sequence[tuple[Probe, Answer | None]],
    *,
    champion: str | None,
    version: str | None,
    share: float,
) -> Look:
    """Compare the answers with the probes.

    When answers do not name their version, the bad ones of both fleets are counted and divided by the new
    fleet's smallest share of the traffic. When its real share is larger, the result is too high, never too
    low. Containers that need not name their version may do so: if some answers name another version than the
    champion's, the answers are told apart after all.

    When answers do name their version, the new version may have fewer than half (`ENOUGH`) of the answers
    expected at its smallest share: its fleet started in the middle of the look, or it does not serve yet and
    the champion failed once. Then the bad answers are divided by that half instead of by the few answers.

    Args:
        champion: the version that gave `Probe.champion`, as answers name it.
        version: the released version, as answers name it; None when they need not name it.
        share: the new fleet's smallest share (above 0, at most 1).
    """
    named = {answer.version for _, answer in answered if answer is not None} - {None, champion}
    by_version = distinguishes_versions(champion, version) or (version is None and bool(named))
    new = (
        [(probe, answer) for probe, answer in answered if is_new(answer, champion)]
        if by_version
        else list(answered)
    )
    seen = len(new) if by_version else None
    if not new:
        return Look(probes=len(answered), seen=seen, outside=None, drift=None)
    dilution = max(1.0, ENOUGH * share * len(answered) / len(new)) if by_version else share
    bad = sum(not probe.holds(answer) for probe, answer in new) / len(new)
    pairs = [
        (probe.champion, answer.scores)
        for probe, answer in new
        if answer is not None
        and probe.champion is not None
        and answer.names == (probe.names or ())
        and len(probe.champion) == len(answer.scores)
    ]
    drift = distance([old for old, _ in pairs], [fresh for _, fresh in pairs]) if pairs else None
    return Look(
        probes=len(answered),
        seen=seen,
        outside=min(1.0, bad / dilution),
        drift=None if drift is None else min(1.0, drift / dilution),
    )


def distance(first: Sequence[Scores], second: Sequence[Scores]) -> float:
    """Kolmogorov-Smirnov distance (0 to 1) of two samples: the largest gap between their distributions.

    With several numbers per row, the largest distance of any of them.
    """
    return max(
        _distance(sorted(old), sorted(new))
        for old, new in zip(zip(*first, strict=True), zip(*second, strict=True), strict=True)
    )


def _distance(old: Sequence[float], new: Sequence[float]) -> float:
    return max(
        abs(bisect_right(old, value) / len(old) - bisect_right(new, value) / len(new))
        for value in {*old, *new}
    )
