"""Payloads of the functions that ask an endpoint, or look at what it captured, during a release."""

from dataclasses import dataclass
from typing import Literal

from mdlc_constructs.settings.payloads.planning import Section

Decision = Literal["promote", "drop", "undecided"]
"""Take over; speaks against the version; too little is known to say anything."""


@dataclass(frozen=True, kw_only=True)
class ProbeSettings:
    """How an endpoint is probed while a new version bakes.

    Attributes:
        tolerance: how far an answer may lie outside what was expected, or answered before.
        recent: captured requests that are asked again.
        every_seconds: between the beginnings of two looks.
        share: the new fleet's smallest share of the traffic.
        to_see: probes that it takes to see the new fleet.
        count: probes of a look.
    """

    tolerance: float
    recent: int
    every_seconds: int
    share: float
    to_see: int
    count: int


@dataclass(frozen=True, kw_only=True)
class ProbeRequest:
    """What the release machine gives the prober.

    Attributes:
        mode: `baseline` records the champion's answers; `look` asks while the new version bakes.
        run: answers are kept in `runs/<run>/probes.json` of the bucket.
        version: the version that is released, as answers name it; None when answers name none.
        golden: whether there are golden rows below `golden/` of the bucket.
        captured: whether there are captured requests below `capture/` of the bucket.
        content_type: of the golden rows.
    """

    mode: Literal["baseline", "look"]
    run: str
    bucket: str
    endpoint: str
    variant: str
    version: int | str | None
    golden: bool
    captured: bool
    content_type: str
    probes: ProbeSettings


@dataclass(frozen=True, kw_only=True)
class RecordedProbes:
    """What the prober returns of a baseline.

    Attributes:
        version: the version whose answers were recorded, as they name it.
    """

    probes: int
    version: str | None


@dataclass(frozen=True, kw_only=True)
class LookResult:
    """What the prober returns of a look.

    Attributes:
        settled: whether the endpoint is not being changed any more.
        probes: requests that were sent.
        seen: answers of the new version among them; None when answers do not say whose they are.
        outside: share of the new version's answers that are bad; None when there were none.
        drift: Kolmogorov-Smirnov distance between both versions' answers to the same rows; None likewise.
        wait_seconds: until the next look.
    """

    settled: bool
    probes: int
    seen: int | None
    outside: float | None
    drift: float | None
    wait_seconds: int


@dataclass(frozen=True, kw_only=True)
class ShadowSettings:
    """What is tolerated of a shadow.

    Attributes:
        tolerance: how far two numbers may lie apart.
        outside: share of the pairs that may lie further apart.
        errors: by how much its share of failures may be above the champion's.
        slower: how many times the champion's mean latency it may take.
        pairs: the fewest pairs to judge by.
    """

    tolerance: float
    outside: float
    errors: float
    slower: float
    pairs: int


@dataclass(frozen=True, kw_only=True)
class ABTestSettings:
    """When a challenger wins.

    Attributes:
        confidence: of the interval, two-sided.
        outcomes: the fewest entities with an outcome, of each variant, to judge by.
        entity: the column that names the entity.
    """

    confidence: float
    higher_is_better: bool
    outcomes: int
    entity: str


@dataclass(frozen=True, kw_only=True)
class JudgementRequest:
    """What the state `JudgeTrial` gives its function.

    Attributes:
        execution: ARN of the execution that asks.
        champion: name of the champion's variant.
        challenger: name of the new version's variant.
        settings: a `ShadowSettings` or an `ABTestSettings`, by the kind.
    """

    kind: Literal["shadow", "ab"]
    model: str
    endpoint: str
    bucket: str
    table: str
    execution: str
    champion: str
    challenger: str
    settings: Section


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A judgement.

    Attributes:
        error: the failure's name; empty for a version that takes over.
        summary: a sentence with the numbers.
    """

    decision: Decision
    error: str
    summary: str
