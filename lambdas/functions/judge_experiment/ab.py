"""Judges an A/B test: outcomes by variant, and Welch's confidence interval of their difference.

Pure functions.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, variance

from lambdas.functions.judge_experiment.captures import Exchange
from mdlc_constructs.settings.payloads.probing import ABTestSettings, Judgement
from mdlc_constructs.settings.strict_json import json_lines, read_json


@dataclass(frozen=True, kw_only=True)
class ConfidenceInterval:
    """A difference of means with its confidence interval."""

    difference: float
    low: float
    high: float


def outcomes(text: str) -> Iterator[tuple[str, float]]:
    """Yield request ids with their outcomes, from JSON Lines; skips lines in any other format."""
    for line in json_lines(text):
        try:
            outcome = read_json(line)
            request, value = outcome["request_id"], outcome["value"]
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(request, float) and request.is_integer():
            # Some programs write whole numbers as floats when another one in the column is missing.
            request = int(request)
        if isinstance(request, int) and not isinstance(request, bool):
            request = str(request)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if isinstance(request, str) and number and math.isfinite(value):
            yield request, float(value)


def by_entity(requests: Iterable[Exchange], known: Mapping[str, float], entity: str) -> list[float]:
    """The mean outcome of each entity that a variant answered for.

    Outcomes of one entity are not independent of each other, so that an entity counts once.

    Args:
        requests: the requests that the variant answered.
        known: outcomes by request id.
        entity: the column that names the entity; a request without one counts as an entity of its own.
    """
    by_name: dict[str, dict[str, float]] = {}
    for request in requests:
        request_id = request.inference_id
        if request_id is None or request_id not in known:
            continue
        value = None if request.row is None else request.row.get(entity)
        name = f"request {request_id}" if value is None else f"entity {value}"
        by_name.setdefault(name, {})[request_id] = known[request_id]
    return [fmean(values.values()) for values in by_name.values()]


def interval(champion: Sequence[float], challenger: Sequence[float], confidence: float) -> ConfidenceInterval:
    """Welch's confidence interval of the challenger's mean minus the champion's.

    It uses the normal distribution's quantile, because Python's standard library lacks Student's: with 30
    values each the interval is about four percent too narrow, with 100 about one percent.

    Args:
        champion: the champion's outcomes, at least two; also of the challenger's.
        confidence: level of the two-sided interval.
    """
    difference = fmean(challenger) - fmean(champion)
    error = math.sqrt(variance(champion) / len(champion) + variance(challenger) / len(challenger))
    reach = NormalDist().inv_cdf(0.5 + confidence / 2) * error
    return ConfidenceInterval(difference=difference, low=difference - reach, high=difference + reach)


def judge(champion: Sequence[float], challenger: Sequence[float], settings: ABTestSettings) -> Judgement:
    """The judgement of a challenger, from the outcomes of both versions' entities."""
    least = settings.outcomes
    if min(len(champion), len(challenger)) < least:
        return Judgement(
            decision="undecided",
            error="TooFewOutcomes",
            summary=f"The champion stays, as there are outcomes of {len(champion)} entities of its own and "
            f"{len(challenger)} of the challenger's, and at least {least} each are wanted.",
        )
    difference = interval(champion, challenger, settings.confidence)
    numbers = (
        f"mean outcome {fmean(challenger):.4g} over {len(challenger)} entities, the champion's "
        f"{fmean(champion):.4g} over {len(champion)}; difference {difference.difference:.4g}, "
        f"{settings.confidence:.0%} interval {difference.low:.4g} to {difference.high:.4g}, "
        f"{'higher' if settings.higher_is_better else 'lower'} is better."
    )
    if difference.low > 0 if settings.higher_is_better else difference.high < 0:
        return Judgement(decision="promote", error="", summary=f"The challenger won: {numbers}")
    return Judgement(
        decision="drop",
        error="ChallengerLost",
        summary=f"The champion stays, as the challenger did not win: {numbers}",
    )
