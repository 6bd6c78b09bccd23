"""The gate: whether the holdout metrics meet the thresholds and the challenger beats the champion."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jobs.errors import PlanError
from jobs.metrics.bootstrap import Bootstrap
from mdlc_constructs.settings.payloads.job_plan import GateSection
from mdlc_constructs.settings.payloads.tasks import higher_is_better, is_comparable, main_metric

CHALLENGER, CHAMPION = "challenger", "champion"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One condition of the gate and its result; ``sentence`` is the result in words."""

    metric: str
    kind: str
    bound: float | None
    value: float
    passed: bool
    sentence: str

    def to_json(self) -> dict[str, object]:
        """The check for ``gate.json``; NaN becomes None."""
        value = None if np.isnan(self.value) else self.value
        return {**vars(self), "value": value}


def thresholds(gate: GateSection, metrics: Mapping[str, float]) -> list[Check]:
    """A check for each of the gate's thresholds on the challenger's metrics; an undefined metric fails.

    Raises:
        PlanError: when a metric is not computed for the task.
    """
    checks = []
    for kind in ("at_least", "at_most"):
        for name, bound in sorted(getattr(gate, kind).items()):
            value = _known(name, metrics)
            passed = value >= bound if kind == "at_least" else value <= bound
            condition = f"{kind.replace('_', ' ')} {bound:g}"
            verdict = "passes" if passed else "fails"
            checks.append(
                Check(
                    metric=name,
                    kind=kind,
                    bound=float(bound),
                    value=value,
                    passed=bool(passed),
                    sentence=f"{name} {_shown(value)} {verdict}: asked was {condition}.",
                )
            )
    return checks


def undefined_metric(task: str, metrics: Mapping[str, float]) -> list[Check]:
    """A failed check when the task's main metric is not defined, even without conditions; else an empty list.

    Such a holdout (for example of one class) shows nothing about the model, so the model must not pass.
    """
    name = main_metric(task)
    if not np.isnan(metrics[name]):
        return []
    return [
        Check(
            metric=name,
            kind="defined",
            bound=None,
            value=metrics[name],
            passed=False,
            sentence=f"{name} is not defined on this holdout, so nothing is known of the model: fails.",
        )
    ]


def conditions(gate: GateSection) -> tuple[str, ...]:
    """The metrics of the gate's conditions; without any, it passes whatever can be measured."""
    champion = [gate.better_than_champion] if gate.better_than_champion else []
    return (*gate.at_least, *gate.at_most, *champion)


def comparison(
    gate: GateSection,
    metrics: Mapping[str, Mapping[str, float]],
    bootstrap: Bootstrap,
    *,
    incomparable: str = "",
) -> list[Check]:
    """The check that the challenger beats the champion by the margin; an empty list without a champion.

    A champion that cannot be compared fails it: nobody knows whether the challenger is better.

    The paired bootstrap draws the same rows for both, so that common effects (an easy or a hard holdout)
    cancel out. The challenger passes when the lower confidence bound of its improvement is above the margin;
    equal models do not pass.

    Args:
        incomparable: why there is no comparison although there is a champion; empty otherwise.
    """
    name = gate.better_than_champion
    if name and incomparable:
        return [
            Check(
                metric=name,
                kind="better_than_champion",
                bound=gate.margin,
                value=float("nan"),
                passed=False,
                sentence=(
                    f"{name} is not compared, as {incomparable}: fails. Give the new task a model home "
                    "of its own, or a gate without better_than_champion."
                ),
            )
        ]
    if not name or CHAMPION not in metrics:
        return []
    if not is_comparable(name):
        raise PlanError(f"gate.better_than_champion={name!r}: no side of it is better; name another metric.")
    sign = 1.0 if higher_is_better(_checked(name, metrics[CHALLENGER])) else -1.0
    improvement = sign * (metrics[CHALLENGER][name] - metrics[CHAMPION][name])
    drawn = sign * (bootstrap.values[CHALLENGER][name] - bootstrap.values[CHAMPION][name])
    confidence, margin = gate.confidence, gate.margin
    defined = drawn[~np.isnan(drawn)]
    lowest = float(np.quantile(defined, 1 - confidence)) if len(defined) else float("nan")
    passed = lowest > margin
    return [
        Check(
            metric=name,
            kind="better_than_champion",
            bound=margin,
            value=lowest,
            passed=passed,
            sentence=(
                f"{name} is {abs(improvement):.4f} {'better' if improvement > 0 else 'worse'} than the "
                f"champion's; with {confidence:.0%} confidence the improvement is above {lowest:.4f}, "
                f"asked was {margin:g}: {'passes' if passed else 'fails'}."
            ),
        )
    ]


def _known(name: str, metrics: Mapping[str, float]) -> float:
    return metrics[_checked(name, metrics)]


def _checked(name: str, metrics: Mapping[str, float]) -> str:
    if name not in metrics:
        raise PlanError(f"gate: no metric {name!r} for this task; use one of {', '.join(metrics)}.")
    return name


def _shown(value: float) -> str:
    return "(not defined)" if np.isnan(value) else f"{value:.4f}"
