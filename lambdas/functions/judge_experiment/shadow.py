"""Judges a shadow variant by pairs of answers to the same requests, failures and latency. Pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass

from lambdas.functions.judge_experiment.captures import Exchange
from lambdas.probing.comparison import Answer
from mdlc_constructs.settings.payloads.probing import Judgement, ShadowSettings

TOO_FEW = "TooFewPairs"
_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class VariantMetrics:
    """A variant's CloudWatch metrics over the whole experiment.

    Attributes:
        failures: number of failed requests, both 4XX and 5XX.
        latency: mean ModelLatency in microseconds; None without data points.
    """

    invocations: float
    failures: float
    latency: float | None

    @property
    def failed(self) -> float:
        """Share of the requests that failed."""
        return self.failures / self.invocations if self.invocations else 0.0


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """The number of pairs of answers, and of those that differ by more than the tolerance.

    Attributes:
        classes: the classes that only one of the versions answers about, sorted.
    """

    pairs: int
    outside: int
    classes: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Share of the pairs that differ by more than the tolerance."""
        return self.outside / self.pairs if self.pairs else 0.0


def compare(champion: Iterable[Exchange], shadow: Iterable[Exchange], tolerance: float) -> Pairs:
    """Compare both versions' answers to each request that both answered.

    Probabilities are compared by the names of the classes; a version without a class gives it probability 0.

    Args:
        tolerance: how far two numbers may differ.
    """
    answered: dict[str, tuple[Answer | None, ...]] = {}
    for exchange in champion:
        for name in exchange.ids:
            answered[name] = exchange.answers
    pairs = outside = 0
    classes: set[str] = set()
    for exchange in shadow:
        # Without the caller's inference id the event ids differ, so pairs are found by the request itself.
        other = next((answered[name] for name in exchange.ids if name in answered), None)
        if not other or not exchange.answers:
            continue
        pairs += 1
        outside += not _near(other, exchange.answers, tolerance)
        for a, b in zip(other, exchange.answers, strict=False):
            if a is not None and b is not None and a.names != b.names and a.names and b.names:
                classes |= set(a.names) ^ set(b.names)
    return Pairs(pairs=pairs, outside=outside, classes=tuple(sorted(classes)))


def _near(first: tuple[Answer | None, ...], second: tuple[Answer | None, ...], tolerance: float) -> bool:
    return len(first) == len(second) and all(
        a is not None and b is not None and _row_near(a, b, tolerance)
        for a, b in zip(first, second, strict=True)
    )


def _row_near(first: Answer, second: Answer, tolerance: float) -> bool:
    if bool(first.names) != bool(second.names):
        return False
    if first.names == second.names:
        return len(first.scores) == len(second.scores) and all(
            abs(x - y) <= tolerance for x, y in zip(first.scores, second.scores, strict=True)
        )
    own, other = (dict(zip(answer.names, answer.scores, strict=True)) for answer in (first, second))
    return all(abs(own.get(name, 0.0) - other.get(name, 0.0)) <= tolerance for name in {*own, *other})


def judge(
    pairs: Pairs, champion: VariantMetrics, shadow: VariantMetrics, settings: ShadowSettings
) -> Judgement:
    """The judgement of a shadow, from pairs of answers and both variants' metrics."""
    ratio = None
    if champion.latency and shadow.latency is not None:
        ratio = shadow.latency / champion.latency
    numbers = (
        f"{pairs.pairs} pairs of answers, {pairs.share:.1%} of them further apart than "
        f"{settings.tolerance:g}; {shadow.failed:.1%} of {shadow.invocations:.0f} copied requests failed "
        f"and {champion.failed:.1%} of the champion's; mean latency "
        f"{'unknown' if ratio is None else f'{ratio:.2f} times'} the champion's."
    )
    if pairs.classes:
        listed = ", ".join(pairs.classes[:_SHOWN]) + (", ..." if len(pairs.classes) > _SHOWN else "")
        numbers += f" Only one of the versions knows {listed}: the other's probability of them counts as 0."
    against = []
    if shadow.invocations >= settings.pairs and shadow.failed - champion.failed > settings.errors:
        against.append("it fails more often")
    if pairs.pairs >= settings.pairs and pairs.share > settings.outside:
        against.append("its answers are too far off")
    if ratio is not None and pairs.pairs >= settings.pairs and ratio > settings.slower:
        against.append("it is too slow")
    if against:
        return Judgement(
            decision="drop",
            error="ShadowDropped",
            summary=f"The shadow was dropped, {' and '.join(against)}: {numbers}",
        )
    if pairs.pairs < settings.pairs:
        return Judgement(
            decision="undecided",
            error=TOO_FEW,
            summary=f"The shadow was not promoted, as fewer than {settings.pairs} pairs were found: "
            f"{numbers}",
        )
    if ratio is None:
        return Judgement(
            decision="undecided",
            error="NoMetrics",
            summary=f"The shadow was not promoted, as its metrics are missing: {numbers}",
        )
    return Judgement(decision="promote", error="", summary=f"The shadow was promoted: {numbers}")
