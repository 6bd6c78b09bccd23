"""Whether a shadow held: pairs of answers to the same requests, failures, and time taken. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.functions.judge_experiment.captures import Captured
from lambdas.functions.judge_experiment.verdicts import DROP, PROMOTE, UNDECIDED, Verdict
from lambdas.probing.comparison import Scores

TOO_FEW = "TooFewPairs"


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A variant's metrics over the whole time.

    Attributes:
        failures: requests that failed, whoever was to blame.
        latency: mean time in the model in microseconds; None when nothing was measured.
    """

    invocations: float
    failures: float
    latency: float | None

    @property
    def failed(self) -> float:
        """Share of the requests that failed."""
        return self.failures / self.invocations if self.invocations else 0.0


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Pairs of answers, and how many of them lie too far apart."""

    pairs: int
    outside: int

    @property
    def share(self) -> float:
        """Share of the pairs that lie too far apart."""
        return self.outside / self.pairs if self.pairs else 0.0


def compare(champion: Iterable[Captured], shadow: Iterable[Captured], tolerance: float) -> Compared:
    """Both versions' answers to each request that both answered.

    Args:
        tolerance: how far two numbers may lie apart.
    """
    answered: dict[str, tuple[Scores | None, ...]] = {}
    for one in champion:
        for name in one.ids:
            answered[name] = one.answers
    pairs = outside = 0
    for one in shadow:
        # Ids are given anew where a caller gives none; then the same request has the same answer.
        other = next((answered[name] for name in one.ids if name in answered), None)
        if not other or not one.answers:
            continue
        pairs += 1
        outside += not _near(other, one.answers, tolerance)
    return Compared(pairs=pairs, outside=outside)


def _near(first: tuple[Scores | None, ...], second: tuple[Scores | None, ...], tolerance: float) -> bool:
    return len(first) == len(second) and all(
        a is not None
        and b is not None
        and len(a) == len(b)
        and all(abs(x - y) <= tolerance for x, y in zip(a, b, strict=True))
        for a, b in zip(first, second, strict=True)
    )


def judge(found: Compared, champion: Counted, shadow: Counted, settings: Mapping[str, Any]) -> Verdict:
    """The verdict on a shadow.

    Args:
        settings: `tolerance`, `outside`, `errors`, `slower` and `pairs`, as `Shadow.to_plan` wrote them.
    """
    ratio = None
    if champion.latency and shadow.latency is not None:
        ratio = shadow.latency / champion.latency
    told = (
        f"{found.pairs} pairs of answers, {found.share:.1%} of them further apart than "
        f"{settings['tolerance']:g}; {shadow.failed:.1%} of {shadow.invocations:.0f} copied requests failed "
        f"and {champion.failed:.1%} of the champion's; mean latency "
        f"{'unknown' if ratio is None else f'{ratio:.2f} times'} the champion's."
    )
    against = []
    if shadow.invocations >= settings["pairs"] and shadow.failed - champion.failed > settings["errors"]:
        against.append("it fails more often")
    if found.pairs >= settings["pairs"] and found.share > settings["outside"]:
        against.append("its answers are too far off")
    if ratio is not None and found.pairs >= settings["pairs"] and ratio > settings["slower"]:
        against.append("it is too slow")
    if against:
        return Verdict(DROP, "ShadowDropped", f"The shadow was dropped, {' and '.join(against)}: {told}")
    if found.pairs < settings["pairs"]:
        return Verdict(
            UNDECIDED,
            TOO_FEW,
            f"The shadow was not promoted, as fewer than {settings['pairs']} pairs were found: {told}",
        )
    if ratio is None:
        return Verdict(
            UNDECIDED, "NoMetrics", f"The shadow was not promoted, as its metrics are missing: {told}"
        )
    return Verdict(PROMOTE, "", f"The shadow was promoted: {told}")
