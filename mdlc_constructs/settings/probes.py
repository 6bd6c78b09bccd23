"""Questions asked of an endpoint while a new version bakes, so that its answers can roll it back."""

import math
from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.numbers import check_above, check_duration, check_whole
from mdlc_constructs.settings.payloads.probing import ProbeSettings
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.rollout import Deployment

CONFIDENCE = 0.999
"""How surely a look sees what it is there to see."""

MIN_EVERY, MAX_EVERY = timedelta(seconds=10), timedelta(minutes=10)
MAX_RECENT, MAX_PROBES = 5000, 20_000


def _draws(share: float) -> int:
    """Independent draws until something of that share is drawn with `CONFIDENCE`."""
    if share >= 1:
        return 1
    # As logarithms of 1 + x: with a share of a ten-thousandth, 1 - share has lost its last digits.
    return math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-share))


@dataclass(frozen=True, kw_only=True)
class Probes:
    """Golden and recent requests that a release sends to its endpoint, again and again while it bakes.

    Before the update they are asked of the version that serves. Its answer, together with the expected one
    where the row is a golden one, spans the row's band; ``tolerance`` widens it on both sides. An answer of
    the new version outside the band is a bad one, and so is an error.

    Args:
        tolerance: how far the answers of two good models to one row may lie apart, in the answer's own unit:
            0.25 is a quarter for a probability, a quarter of a minute for minutes. Too narrow, and every
            better model is rolled back; too wide, and only nonsense is. Measure it between two versions that
            you trust.
        recent: how many distinct recent requests are taken from the captured ones, besides the golden
            rows; 0 takes none.
        every: from the start of a look to the start of the next. At most the alarms' period (a minute),
            or periods stay without data; see the package ``lambdas.functions.probe_answers``.
        most: the most requests that one look may send. They come on top of the endpoint's own traffic.

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
        """Requests until one of them reaches the new fleet, with 99.9 % probability.

        Args:
            share: the new fleet's share (above 0, at most 1) of the traffic. Both fleets share one
                variant's name, so none can be addressed: each request is an independent draw.
        """
        check_above("share", share, 0, 1)
        return _draws(share)

    def count(self, share: float, quality_share: float) -> int:
        """Requests of one look: ``ceil(ln(1 - 0.999) / ln(1 - share * quality_share))``.

        A request meets a bad answer of the new version when it reaches the new fleet (``share``) and asks
        one of the rows that this fleet answers badly (at least ``quality_share`` of them, or nobody needs to
        know). So each is a draw with the probability ``share * quality_share``: a tenth of the traffic
        dilutes bad answers tenfold. With this many draws at least one of them is met with 99.9 %. It also
        makes the share outside the bands steady: the number of answers seen is about
        ``6.9 / quality_share``, so that 7 bad ones stand at the threshold and not a single one.

        Args:
            share: the new fleet's smallest share of the traffic while it bakes: the rollout's
                ``smallest_share``.
            quality_share: the smallest share of bad answers that must be noticed: the alarm's threshold.

        Raises:
            ValueError: when that takes more than ``most``, with the remedies.
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
        """Refuse a rollout that is over before anybody has looked twice.

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
        """As the prober gets them.

        Args:
            share: the new fleet's smallest share of the traffic.
            count: probes of a look.
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
    """The smallest share of bad answers that an alarm is to notice; None when none watches answers.

    A drift of d needs more than a share of d of the answers to have moved: the Kolmogorov-Smirnov distance
    is at most the share of rows that are answered differently.
    """
    shares = [share for share in (alarms.quality_share, alarms.prediction_drift) if share is not None]
    return min(shares, default=None)
