"""Payloads of the functions that probe an endpoint, or read its captures, during a release."""

from dataclasses import dataclass
from typing import Literal

from mdlc_constructs.settings.payloads.planning import Section

Decision = Literal["promote", "drop", "undecided"]
"""`promote`: the new version takes over; `drop`: it is rejected; `undecided`: there is too little data."""


@dataclass(frozen=True, kw_only=True)
class ProbeSettings:
    """How an endpoint is probed while a new version bakes.

    Attributes:
        tolerance: how far an answer may differ from the expected or the earlier one.
        recent: how many captured requests are sent again.
        every_seconds: time between the starts of two looks.
        share: the new fleet's smallest share of the traffic.
        to_see: number of probes of which at least one reaches the new fleet, with 99.9 % probability.
        count: number of probes of one look.
    """

    tolerance: float
    recent: int
    every_seconds: int
    share: float
    to_see: int
    count: int


@dataclass(frozen=True, kw_only=True)
class ProbeRequest:
    """What the release machine sends to the probe function.

    Attributes:
        mode: `baseline` records the champion's answers; `look` probes while the new version bakes.
        run: answers are stored in `runs/<run>/probes.json` of the bucket.
        version: the released version, as answers name it; None when answers name none.
        golden: whether there are golden rows below `golden/` of the bucket.
        captured: whether there are captured requests below `capture/` of the bucket.
        content_type: content type of the golden rows.
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
    """What the probe function returns for a baseline.

    Attributes:
        version: the version whose answers were recorded, as the answers name it.
    """

    probes: int
    version: str | None


@dataclass(frozen=True, kw_only=True)
class LookResult:
    """What the probe function returns for a look.

    Attributes:
        settled: whether the endpoint's update has ended.
        probes: number of requests sent.
        seen: number of answers by the new version; None when answers do not name their version.
        outside: share of the new version's answers outside the tolerance; None without such answers.
        drift: Kolmogorov-Smirnov distance between both versions' answers to the same rows; None likewise.
        wait_seconds: time until the next look.
    """

    settled: bool
    probes: int
    seen: int | None
    outside: float | None
    drift: float | None
    wait_seconds: int


@dataclass(frozen=True, kw_only=True)
class ShadowSettings:
    """The limits for a shadow variant.

    Attributes:
        tolerance: how far two answers to the same request may differ.
        outside: the share of pairs that may differ by more.
        errors: by how much its share of failures may exceed the champion's.
        slower: its highest mean latency, as a multiple of the champion's.
        pairs: the fewest pairs for a judgement.
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
        confidence: level of the two-sided confidence interval.
        outcomes: the fewest entities with an outcome, per variant, for a judgement.
        entity: the column that names the entity.
    """

    confidence: float
    higher_is_better: bool
    outcomes: int
    entity: str


@dataclass(frozen=True, kw_only=True)
class JudgementRequest:
    """What the state `JudgeTrial` sends to its function.

    Attributes:
        execution: ARN of the calling execution.
        champion: name of the champion's variant.
        challenger: name of the new version's variant.
        settings: a `ShadowSettings` or an `ABTestSettings`, depending on `kind`.
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
    """The judgement of an experiment.

    Attributes:
        error: the failure's name; empty for `promote`.
        summary: a sentence with the numbers.
    """

    decision: Decision
    error: str
    summary: str
