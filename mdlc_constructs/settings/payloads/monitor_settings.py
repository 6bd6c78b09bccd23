"""Settings that the monitoring machine sends to its functions, besides the sections of `plan.json`."""

from dataclasses import dataclass

from mdlc_constructs.settings.payloads.job_plan import Join


@dataclass(frozen=True, kw_only=True)
class LabelSource:
    """Where labels arrive, how they are joined, and how late they come.

    Attributes:
        complete: the share of labelled rows from which a window is no longer computed again.
    """

    uri: str
    by: Join
    format: str
    delay_seconds: int
    within_seconds: int
    complete: float


@dataclass(frozen=True, kw_only=True)
class ReplayRules:
    """When two answers count as the same, if served requests are replayed.

    Attributes:
        tolerance: how far two answers may differ.
        golden: whether the golden rows are sent as well.
    """

    tolerance: float
    golden: bool
