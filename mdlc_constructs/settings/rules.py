"""Rules that turn a score into a decision: data that a team edits, evaluated in microseconds.

Order of precedence: overrides, deny lists, allow lists, bands. In each of them the first match decides.
`mdlc_constructs.settings.rules_document` reads rules from JSON.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

_MAX_EXACT_INTEGER, _MAX_INTEGER = 2**53 - 1, 10**18
_WHOLE_FLOAT = re.compile(r"(-?(?:0|[1-9][0-9]{0,15}))\.0")

LETTERS_OF_DIGEST = 12
"""How many hexadecimal characters of the rules' digest are recorded with a decision, after the version."""


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """A decision and the rule that made it, for example ``bands[1]`` or ``overrides:gold customers``."""

    decision: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of a number; None for no limit."""

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def hold(self, value: float) -> bool:
        """Whether the value is within all limits."""
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The tests of one column's value; all must hold. A missing value passes only ``missing``."""

    column: str
    bounds: Bounds | None = None
    one_of: frozenset[object] | None = None
    none_of: frozenset[object] | None = None
    missing: bool | None = None

    def holds(self, row: Mapping[str, object]) -> bool:
        """Whether the row's value passes all tests."""
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
    """A decision for rows for which all conditions hold, and whose score is within ``score``."""

    conditions: tuple[Condition, ...]
    score: Bounds | None
    verdict: RuleVerdict

    def holds(self, score: float, row: Mapping[str, object]) -> bool:
        """Whether the override applies to the row with that score."""
        if self.score is not None and not self.score.hold(score):
            return False
        return all(condition.holds(row) for condition in self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A deny or allow list: a decision for certain values of a column."""

    column: str
    values: frozenset[object]
    verdict: RuleVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A set of rules with a decision for every finite score.

    Args:
        version: the team's own name for this version of the rules.
        digest: SHA-256 of the content, hexadecimal.
        lists: the deny lists, then the allow lists.
        edges: the scores at which one band ends and the next begins, ascending.
        bands: the verdict of each band: one more than there are edges.
    """

    version: str
    digest: str
    overrides: tuple[Override, ...]
    lists: tuple[Listing, ...]
    edges: tuple[float, ...]
    bands: tuple[RuleVerdict, ...]

    @property
    def recorded(self) -> str:
        """The text that identifies the rules in a decision's record: their version and part of the digest."""
        return f"{self.version}@{self.digest[:LETTERS_OF_DIGEST]}"

    def decide(self, score: float, row: Mapping[str, object]) -> RuleVerdict:
        """The decision about a row with that score.

        Raises:
            ValueError: when the score is not finite; the caller then uses its fallback decision.
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
    """Whether a row's value is missing: None or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def comparable(value: object) -> object:
    """The value in a canonical form, so that values compare as the feature program's categories do.

    ``2``, ``2.0``, ``"2"`` and ``"2.0"`` are equal, and so are ``true`` and ``"True"``. ``1`` does not equal
    ``true``, nor does ``"02"`` equal ``"2"``.
    """
    if isinstance(value, str):
        return canonical(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) <= _MAX_EXACT_INTEGER:
        return str(int(value))
    if isinstance(value, int):
        # Python refuses to convert integers of thousands of digits to text.
        return str(value) if abs(value) <= _MAX_INTEGER else value
    return repr(value) if isinstance(value, float) else ("other", repr(value))


def canonical(text: str) -> str:
    """The text with booleans and whole numbers in one spelling, as in `jobs.serving.values.canonical`."""
    if text in ("True", "TRUE", "False", "FALSE"):
        return text.lower()
    match = _WHOLE_FLOAT.fullmatch(text)
    if match and abs(int(match[1])) <= _MAX_EXACT_INTEGER:
        return str(int(match[1]))
    return text
