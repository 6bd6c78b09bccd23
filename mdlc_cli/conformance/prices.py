"""What probes cost on AWS: dated list prices, used only to say it before a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mdlc_cli.conformance.probe import Probe

DATE = "2026-11-30"
"""When the prices were looked up."""
SOURCE = "https://aws.amazon.com/sagemaker/pricing/"
REGION = "us-east-1"
HOURLY_DOLLARS = {"ml.m5.large": 0.115}
"""By instance type: dollars an hour in `REGION`, the same for processing, transform jobs and endpoints."""
REQUEST_DOLLARS = 0.05
"""An upper bound of all requests, transitions, logs and stored bytes of a run."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a run costs about.

    Attributes:
        minutes: about how long it takes.
        dollars: about how much it costs; None where no price is known.
    """

    minutes: int
    dollars: float | None

    def sentence(self, region: str) -> str:
        """The estimate for a person."""
        takes = f"takes about {self.minutes} min"
        if self.dollars is None:
            return f"{takes}; what its instances cost in {region} is not known here: see {SOURCE}"
        note = f"list prices of {REGION} of {DATE}"
        return f"{takes} and costs about ${self.dollars:.2f} ({note})"


def estimate(probes: Iterable[Probe], region: str) -> Estimate:
    """The estimate for those probes, one after the other, with deployment and removal."""
    asked = list(probes)
    minutes = 4 + round(sum(probe.seconds for probe in asked) / 60)
    used = [entry for probe in asked for entry in probe.instance_minutes.items()]
    if used and (region != REGION or any(kind not in HOURLY_DOLLARS for kind, _ in used)):
        return Estimate(minutes=minutes, dollars=None)
    hours = sum(length / 60 * HOURLY_DOLLARS[kind] for kind, length in used)
    return Estimate(minutes=minutes, dollars=round(REQUEST_DOLLARS + hours, 2))
