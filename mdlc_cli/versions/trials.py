"""The trials of a tuning, from the audit item of its training. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

MAX_TRIALS = 20
"""How many trials a table shows."""


def search_of(tuning: Any) -> str:
    """How hyperparameters were found, in words; empty when they were not searched.

    Args:
        tuning: the field `tuning` of the audit item, parsed.
    """
    if not isinstance(tuning, Mapping) or not tuning.get("best"):
        return ""
    return (
        f"best of {tuning.get('number')} trials, {tuning['best']}: "
        f"{tuning.get('metric')} {tuning.get('value')}"
    )


def trials_of(trials: Any) -> list[Mapping[str, Any]]:
    """The trials by time; empty without any.

    Args:
        trials: the field `trials` of the audit item, parsed.
    """
    return (
        [each for each in trials if isinstance(each, Mapping) and each.get("job")]
        if isinstance(trials, Sequence)
        else []
    )


def rows_of(trials: Any, tuning: Any) -> list[tuple[str, str, str]]:
    """Rows of a table: the trials with their metric and hyperparameters, the best first."""
    best = tuning.get("best") if isinstance(tuning, Mapping) else None
    valued = [each for each in trials_of(trials) if _number(each) is not None]
    rising = _is_rising(valued, best)
    ordered = sorted(valued, key=lambda each: (_number(each) or 0.0) * (1 if rising else -1))
    ordered += [each for each in trials_of(trials) if _number(each) is None]
    rows = [
        (
            str(each["job"]),
            str(each["value"]) if _number(each) is not None else str(each.get("status", "")).lower(),
            ", ".join(f"{name} {_short(text)}" for name, text in each.get("hyperparameters", {}).items()),
        )
        for each in ordered
    ]
    more = len(rows) - MAX_TRIALS
    return [*rows[:MAX_TRIALS], *([(f"and {more} more", "", "")] if more > 0 else [])]


def _is_rising(valued: Sequence[Mapping[str, Any]], best: object) -> bool:
    """Whether lower is better: the best trial's value is among the lowest."""
    values = {str(each["job"]): _number(each) or 0.0 for each in valued}
    chosen = values.get(str(best))
    # A stopped trial without a model may have a better value than the best one.
    return chosen is None or 2 * sum(value < chosen for value in values.values()) < len(values)


def _number(trial: Mapping[str, Any]) -> float | None:
    value = trial.get("value")
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known and value is not None else None


def _short(text: object) -> str:
    """A number with four digits, other texts as they are."""
    try:
        return f"{float(str(text)):.4g}"
    except ValueError:
        return str(text)
