"""A probe: one belief about AWS, and the function that asks an AWS whether it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mdlc_cli.conformance.bench import Bench

QUICK, JOBS, ENDPOINTS = "quick", "jobs", "endpoints"
GROUPS = (QUICK, JOBS, ENDPOINTS)
"""Groups of probes, the cheapest first."""

GROUP_TEXTS = {
    QUICK: "requests, executions and events; no instance is started",
    JOBS: "processing and transform jobs, each on one instance",
    ENDPOINTS: "an endpoint on one or two instances",
}


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What an AWS answered.

    Attributes:
        answer: plain JSON values that are compared.
        notes: plain JSON values that are written to the file and not compared, such as texts and durations.
    """

    answer: dict[str, Any]
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One belief.

    Attributes:
        id: its name, of letters, digits and hyphens.
        belief: what is believed, as one sentence.
        source: the address of the page on which the belief stands.
        page: the document of this project that relies on it, relative to `docs`.
        ask: asks the AWS of a `Bench`.
        group: one of `GROUPS`.
        seconds: about how long it takes on AWS.
        instance_minutes: by instance type with its use (``Processing``): minutes that are billed.
    """

    id: str
    belief: str
    source: str
    page: str
    ask: Callable[[Bench], Observation]
    group: str = QUICK
    seconds: int = 5
    instance_minutes: dict[str, float] = field(default_factory=dict)
