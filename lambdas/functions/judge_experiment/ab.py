"""Which of two versions did better: outcomes by variant, and Welch's interval of their difference. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, variance
from typing import Any

from lambdas.functions.judge_experiment.captures import Captured
from lambdas.functions.judge_experiment.verdicts import DROP, PROMOTE, UNDECIDED, Verdict
from mdlc_constructs.settings.strict_json import json_lines, read_json


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A difference of means with its confidence interval."""

    difference: float
    low: float
    high: float


def outcomes(text: str) -> Iterator[tuple[str, float]]:
    """Requests' ids with their outcomes, from JSON Lines; lines of another kind are passed over."""
    for line in json_lines(text):
        try:
            given = read_json(line)
            request, value = given["request_id"], given["value"]
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(request, float) and request.is_integer():
            # Programs write whole numbers so once another one is missing.
            request = int(request)
        if isinstance(request, int) and not isinstance(request, bool):
            request = str(request)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if isinstance(request, str) and number and math.isfinite(value):
            yield request, float(value)


def by_entity(requests: Iterable[Captured], known: Mapping[str, float], entity: str) -> list[float]:
    """The mean outcome of each entity that a variant answered for.

    Outcomes of one entity are not independent of each other, so that an entity counts once.

    Args:
        requests: what the variant answered.
        known: outcomes by the request's id.
        entity: the column that names the entity; a request without is its own.
    """
    found: dict[str, dict[str, float]] = {}
    for one in requests:
        if one.inference_id is None or one.inference_id not in known:
            continue
        who = None if one.row is None else one.row.get(entity)
        name = f"request {one.inference_id}" if who is None else f"entity {who}"
        found.setdefault(name, {})[one.inference_id] = known[one.inference_id]
    return [fmean(values.values()) for values in found.values()]


def interval(champion: Sequence[float], challenger: Sequence[float], confidence: float) -> Interval:
    """Welch's confidence interval of the challenger's mean less the champion's.

    The quantile is the normal distribution's, Student's not being in Python's library: with 30 values each
    the interval is some four percent too narrow, with 100 about one.

    Args:
        champion: at least two values, as the challenger's.
        confidence: of the interval, two-sided.
    """
    difference = fmean(challenger) - fmean(champion)
    error = math.sqrt(variance(champion) / len(champion) + variance(challenger) / len(challenger))
    reach = NormalDist().inv_cdf(0.5 + confidence / 2) * error
    return Interval(difference=difference, low=difference - reach, high=difference + reach)


def judge(champion: Sequence[float], challenger: Sequence[float], settings: Mapping[str, Any]) -> Verdict:
    """The verdict on a challenger.

    Args:
        settings: `confidence`, `higher_is_better` and `outcomes`, as `ABTest.to_plan` wrote them.
    """
    least = settings["outcomes"]
    if min(len(champion), len(challenger)) < least:
        return Verdict(
            UNDECIDED,
            "TooFewOutcomes",
            f"The champion stays, as there are outcomes of {len(champion)} entities of its own and "
            f"{len(challenger)} of the challenger's, and at least {least} each are wanted.",
        )
    found = interval(champion, challenger, settings["confidence"])
    told = (
        f"mean outcome {fmean(challenger):.4g} over {len(challenger)} entities, the champion's "
        f"{fmean(champion):.4g} over {len(champion)}; difference {found.difference:.4g}, "
        f"{settings['confidence']:.0%} interval {found.low:.4g} to {found.high:.4g}, "
        f"{'higher' if settings['higher_is_better'] else 'lower'} is better."
    )
    if found.low > 0 if settings["higher_is_better"] else found.high < 0:
        return Verdict(PROMOTE, "", f"The challenger won: {told}")
    return Verdict(DROP, "ChallengerLost", f"The champion stays, as the challenger did not win: {told}")
