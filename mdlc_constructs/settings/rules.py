"""Rules that turn a score into a decision: data that a team edits, evaluated in microseconds.

Order of precedence: overrides, deny lists, allow lists, bands. Within each, the first that holds decides.
`mdlc_constructs.settings.rules_document` reads them from JSON.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

_MAX_EXACT_INTEGER, _MAX_INTEGER = 2**53 - 1, 10**18
_WHOLE_FLOAT = re.compile(r"(-?(?:0|[1-9][0-9]{0,15}))\.0")

LETTERS_OF_DIGEST = 12
"""Hexadecimal characters of the content's digest that a decision records beside the team's own version."""


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """A decision and the rule that made it, for example ``bands[1]`` or ``overrides:gold customers``."""

    decision: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of a number; None leaves one open."""

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def hold(self, value: float) -> bool:
        """Whether the value lies within them."""
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a column must be. A missing value meets none but ``missing``."""

    column: str
    bounds: Bounds | None = None
    one_of: frozenset[object] | None = None
    none_of: frozenset[object] | None = None
    missing: bool | None = None

    def holds(self, row: Mapping[str, object]) -> bool:
        """Whether the row's value is so."""
        value = row.get(self.column)
        if is_missing(value):
            return self.missing is True
        if self.missing is True:
            return False
        if self.bounds is not None and (
            isinstance(value, bool) or not isinstance(value, (int, float)) or not self.bounds.hold(value)
        ):
            return False
        distinct_value = comparable(value)
        if self.one_of is not None and distinct_value not in self.one_of:
            return False
        return self.none_of is None or distinct_value not in self.none_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A decision where all conditions hold."""

    conditions: tuple[Condition, ...]
    score: Bounds | None
    verdict: RuleVerdict

    def holds(self, score: float, row: Mapping[str, object]) -> bool:
        """Whether it decides about the row."""
        if self.score is not None and not self.score.hold(score):
            return False
        return all(condition.holds(row) for condition in self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A decision for listed values of a column."""

    column: str
    values: frozenset[object]
    verdict: RuleVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A set of rules that decides every finite score.

    Args:
        version: the team's own name for this state of the rules.
        digest: SHA-256 of the content, hexadecimal.
        lists: deny lists before allow lists.
        edges: where one band ends and the next begins, ascending.
        bands: one verdict more than there are edges.
    """

    version: str
    digest: str
    overrides: tuple[Override, ...]
    lists: tuple[Listing, ...]
    edges: tuple[float, ...]
    bands: tuple[RuleVerdict, ...]

    @property
    def recorded(self) -> str:
        """What a decision records: the version, and the beginning of the digest, which no edit escapes."""
        return f"{self.version}@{self.digest[:LETTERS_OF_DIGEST]}"

    def decide(self, score: float, row: Mapping[str, object]) -> RuleVerdict:
        """The decision about a row with that score.

        Raises:
            ValueError: for a score that is not finite; the caller's fallback decides there.
        """
        if not math.isfinite(score):
            raise ValueError(f"score={score!r}: rules decide finite numbers; use the fallback decision.")
        for override in self.overrides:
            if override.holds(score, row):
                return override.verdict
        for listing in self.lists:
            value = row.get(listing.column)
            if not is_missing(value) and comparable(value) in listing.values:
                return listing.verdict
        return self.bands[bisect_right(self.edges, score)]


def is_missing(value: object) -> bool:
    """Whether a row's value stands for none: null, or a number that is none."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def comparable(value: object) -> object:
    """The value in a form that compares as the feature program's categories do.

    ``2``, ``2.0``, ``"2"`` and ``"2.0"`` are one value, ``true`` and ``"True"`` another; ``1`` is not
    ``true``, and ``"02"`` is a text of its own.
    """
    if isinstance(value, str):
        return canonical(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) <= _MAX_EXACT_INTEGER:
        return str(int(value))
    if isinstance(value, int):
        # Python writes no integer of thousands of digits, and a row's is never meant as text.
        return str(value) if abs(value) <= _MAX_INTEGER else value
    return repr(value) if isinstance(value, float) else ("other", repr(value))


def canonical(text: str) -> str:
    """The one way of writing what programs write in several, as `jobs.serving.values.canonical` has it."""
    if text in ("True", "TRUE", "False", "FALSE"):
        return text.lower()
    match = _WHOLE_FLOAT.fullmatch(text)
    if match and abs(int(match[1])) <= _MAX_EXACT_INTEGER:
        return str(int(match[1]))
    return text
