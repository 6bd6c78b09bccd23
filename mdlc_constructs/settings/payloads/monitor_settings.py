"""What the monitoring machine's functions are given of its settings, besides the sections of `plan.json`."""

from dataclasses import dataclass

from mdlc_constructs.settings.payloads.job_plan import Join


@dataclass(frozen=True, kw_only=True)
class LabelSource:
    """Where labels arrive, how they are joined, and how late they come.

    Attributes:
        complete: share of a window's rows with a label from which on it is not computed again.
    """

    uri: str
    by: Join
    format: str
    delay_seconds: int
    within_seconds: int
    complete: float


@dataclass(frozen=True, kw_only=True)
class ReplayRules:
    """What counts as the same answer when served requests are asked again.

    Attributes:
        tolerance: how far two answers may lie apart.
        golden: whether the recorded rows are asked too.
    """

    tolerance: float
    golden: bool
