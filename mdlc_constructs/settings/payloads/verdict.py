"""The verdict that a data job writes as its exit message, for the state machine and planning functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mdlc_constructs.settings.payloads.codec import OMIT_NONE, JsonValue


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A data job's verdict.

    Attributes:
        passed: whether the state machine may go on.
        reasons: why it did not pass, one sentence each; for a monitor job, what drifted.
        metrics: a few numbers; null when one is not defined.
        rows: how many rows the verdict is about.
        digest: SHA-256 of what the job made, when it is one file.
    """

    passed: bool
    reasons: tuple[str, ...] = ()
    metrics: Mapping[str, JsonValue] = field(default_factory=dict)
    rows: int = 0
    digest: str | None = field(default=None, metadata={OMIT_NONE: True})
