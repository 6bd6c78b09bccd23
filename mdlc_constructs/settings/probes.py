"""Probes: requests to an endpoint while a new version bakes, so that bad answers can roll it back."""

import math
from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.numbers import check_above, check_duration, check_whole
from mdlc_constructs.settings.payloads.probing import ProbeSettings
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.rollout import Deployment

CONFIDENCE = 0.999
"""The probability with which one round of probes finds a bad answer that it must find."""

MIN_EVERY, MAX_EVERY = timedelta(seconds=10), timedelta(minutes=10)
MAX_RECENT, MAX_PROBES = 5000, 20_000


def _draws(share: float) -> int:
    """The number of independent draws that contain something of that share with probability `CONFIDENCE`."""
    if share >= 1:
        return 1
    # log1p keeps precision for small shares, for which 1 - share would lose digits.
    return math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-share))


@dataclass(frozen=True, kw_only=True)
class Probes:
    """Golden and recent requests that a release sends to its endpoint repeatedly while the new version bakes.

    Before the update they are sent to the serving version. A row's band of good answers spans that version's
    answer and, for a golden row, the expected answer; ``tolerance`` widens it on both sides. An answer of the
    new version outside the band is bad, and so is an error.

    Args:
        tolerance: how far the answers of two good models to one row may differ, in the score's own unit:
            0.25 means 0.25 for a probability, a quarter of a minute for minutes. If it is too small, every
            better model is rolled back; if it is too large, only absurd answers are noticed. Measure it
            between two versions that you trust.
        recent: how many distinct recent requests are taken from captured data, besides the golden rows; 0
            takes none.
        every: the time from the start of a round of probes to the start of the next. At most the alarms'
            period (a minute), or some periods have no data; see ``lambdas.functions.probe_answers``.
        most: the maximum number of requests in one round. They come on top of the endpoint's own traffic.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    tolerance: float = 0.25
    recent: int = 200
    every: timedelta = timedelta(minutes=1)
    most: int = 3000

    def __post_init__(self) -> None:
        check_above("tolerance", self.tolerance, 0, 1e12)
        check_whole("recent", self.recent, 0, MAX_RECENT, unit="requests")
        check_duration("every", self.every, MIN_EVERY, MAX_EVERY)
        check_whole("most", self.most, 1, MAX_PROBES, unit="requests")

    def to_see(self, share: float) -> int:
        """The number of requests of which at least one reaches the new fleet with 99.9 % probability.

        Args:
            share: the new fleet's share (above 0, at most 1) of the traffic. Both fleets have one variant
                name, so a request cannot choose a fleet: each request is an independent draw.
        """
        check_above("share", share, 0, 1)
        return _draws(share)

    def count(self, share: float, quality_share: float) -> int:
        """The number of requests in one round: ``ceil(ln(1 - 0.999) / ln(1 - share * quality_share))``.

        A request gets a bad answer of the new version when it reaches the new fleet (probability ``share``)
        and its row is one that this version answers badly (probability ``quality_share`` or more, else it
        need not be noticed). So each request is a draw with probability ``share * quality_share``, and at
        least one of this many draws gets a bad answer with 99.9 % probability. The number also makes the
        measured share of bad answers stable: the new fleet answers about ``6.9 / quality_share`` requests, so
        7 bad answers and not a single one reach the threshold.

        Args:
            share: the new fleet's smallest share of the traffic while it bakes: the rollout's
                ``smallest_share``.
            quality_share: the smallest share of bad answers that must be noticed: the alarm's threshold.

        Raises:
            ValueError: when the number is larger than ``most``; with the remedies.
        """
        check_above("share", share, 0, 1)
        if not 0 <= quality_share < 1:
            raise refusal(
                "quality_share",
                quality_share,
                "give a share from above 0 to below 1: nothing is below none and nothing above all.",
            )
        wanted = _draws(share * quality_share) if quality_share else math.inf
        if wanted > self.most:
            raise refusal(
                "quality_share",
                quality_share,
                f"takes {wanted} probes a look where the rollout's smallest share of the traffic is "
                f"{share:.3g}, and probes.most is {self.most}; {self._remedies(share, quality_share)}.",
            )
        return int(wanted)

    def _remedies(self, share: float, quality_share: float) -> str:
        least = -math.expm1(math.log(1 - CONFIDENCE) / self.most)
        remedies = []
        if least < quality_share:
            remedies.append(f"shift a larger canary, step or batch (at least {least / quality_share:.3g})")
        if least < share:
            remedies.append(f"watch a larger quality_share (at least {least / share:.3g})")
        return ", ".join([*remedies, "or raise most" if remedies else "raise most"])

    def check_rollout(self, rollout: Deployment) -> None:
        """Refuse a rollout that waits for less time than two rounds of probes.

        Raises:
            ValueError: naming the time that the rollout waits.
        """
        if rollout.waiting < 2 * self.every:
            raise refusal(
                "rollout",
                str(rollout.waiting),
                f"is all the time that the new version is watched and probes are sent every {self.every}; "
                f"bake for at least {2 * self.every}, or watch no quality of answers.",
            )

    def to_payload(self, *, share: float, count: int) -> ProbeSettings:
        """The settings for the function that sends the probes.

        Args:
            share: the new fleet's smallest share of the traffic.
            count: the number of probes in one round.
        """
        return ProbeSettings(
            tolerance=self.tolerance,
            recent=self.recent,
            every_seconds=int(self.every.total_seconds()),
            share=share,
            to_see=self.to_see(share),
            count=count,
        )


def watched_share(alarms: RollbackAlarms) -> float | None:
    """The smallest share of bad answers that an alarm must notice; None when no alarm watches answers.

    For ``prediction_drift`` the share is its threshold: the Kolmogorov-Smirnov distance is at most the share
    of rows with a different answer.
    """
    shares = [share for share in (alarms.quality_share, alarms.prediction_drift) if share is not None]
    return min(shares, default=None)
