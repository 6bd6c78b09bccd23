"""The verdict that a data job leaves as its exit message, for the machine and the planning functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mdlc_constructs.settings.payloads.codec import JsonValue


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a job found.

    Attributes:
        passed: whether the machine may go on.
        reasons: why not, a sentence each; of a monitor job, what drifted.
        metrics: a few numbers; null where one is not defined.
        rows: how many the job was about.
    """

    passed: bool
    reasons: tuple[str, ...] = ()
    metrics: Mapping[str, JsonValue] = field(default_factory=dict)
    rows: int = 0
