"""Outliers of numeric columns: bounds from the baseline's quantiles, and the values beyond them."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from statistics import NormalDist
from typing import Any

import duckdb

from jobs.database import quote, single
from jobs.findings import Finding
from jobs.statistics.aggregates import answers, columns_at_once, quantiles
from mdlc_constructs.settings.payloads.quality import OutlierRule

Bounds = tuple[float, float]
"""The lowest and the highest value that is no outlier."""

_MEDIAN = 0.5
_SPREADS = (0.25, 0.125, 0.0625, 0.03125)
"""The lower quantile levels from whose distance to the mirrored ones the standard deviation is estimated: the
first whose two quantiles differ, since more than half of the values may be equal."""

_LEVELS = (_MEDIAN, *_SPREADS, *(1 - level for level in _SPREADS))


def baseline_bounds(
    rules: Mapping[str, OutlierRule], statistics: Mapping[str, Any]
) -> tuple[dict[str, Bounds], list[str]]:
    """The bounds of columns by the baseline's ``statistics.json``, and notes on columns without bounds."""
    stored_quantiles = {
        feature["name"]: (feature.get("numerical_statistics") or {}).get("quantiles")
        for feature in statistics.get("features") or ()
    }
    bounds, notes = {}, []
    for name, rule in rules.items():
        stored = stored_quantiles.get(name)
        if not stored:
            notes.append(f"Outliers of {name!r}: the baseline has no quantiles of the column.")
            continue
        between = _bounds(rule, partial(_interpolated, stored))
        if between is None:
            notes.append(f"Outliers of {name!r}: almost all values of the baseline are equal.")
        else:
            bounds[name] = between
    return bounds, notes


def _interpolated(quantiles: Mapping[str, Any], level: float) -> float:
    """The quantile of a level between stored ones; the outermost one beyond them."""
    levels, values = quantiles["levels"], quantiles["values"]
    place = bisect_left(levels, level)
    if place in (0, len(levels)) or levels[place] == level:
        return float(values[min(place, len(values) - 1)])
    weight = (level - levels[place - 1]) / (levels[place] - levels[place - 1])
    return float(values[place - 1] + weight * (values[place] - values[place - 1]))


def own_bounds(
    connection: duckdb.DuckDBPyConnection, rules: Mapping[str, OutlierRule], relation: str = "staged"
) -> dict[str, Bounds]:
    """The bounds of each column by the batch's own values, for rules that do not need a baseline."""
    (counted,) = single(connection, f"SELECT count(*) FROM {quote(relation)}")
    rows = int(str(counted))
    asked = {name: [quantiles(_LEVELS, rows)] for name, rule in rules.items() if rule.robust_z is not None}
    bounds = {}
    for name, (values,) in answers(connection, quote(relation), asked, columns_at_once(rows)):
        if not values:
            continue
        stored = dict(zip(_LEVELS, map(float, values), strict=True))
        between = _bounds(rules[name], stored.__getitem__)
        if between is not None:
            bounds[name] = between
    return bounds


def _bounds(rule: OutlierRule, quantile: Callable[[float], float]) -> Bounds | None:
    if rule.quantile is not None:
        return quantile(rule.quantile), quantile(1 - rule.quantile)
    for level in _SPREADS:
        distance = quantile(1 - level) - quantile(level)
        if distance > 0 and rule.robust_z is not None:
            deviation = distance / (2 * NormalDist().inv_cdf(1 - level))
            reach = rule.robust_z * deviation
            return quantile(_MEDIAN) - reach, quantile(_MEDIAN) + reach
    return None


def beyond(name: str, bounds: Bounds) -> str:
    """The SQL condition that a value is an outlier."""
    low, high = (f"CAST('{bound!r}' AS DOUBLE)" for bound in bounds)
    return f"({quote(name)} < {low} OR {quote(name)} > {high})"


def outlier_rules(
    connection: duckdb.DuckDBPyConnection, rules: Mapping[str, OutlierRule], bounds: Mapping[str, Bounds]
) -> Iterator[Finding]:
    """A finding for each column of the view ``staged`` with too many values beyond its bounds."""
    for name, (low, high) in bounds.items():
        condition = beyond(name, (low, high))
        rows, present, least, most = single(
            connection,
            f"SELECT count(*) FILTER (WHERE {condition}), count({quote(name)}), "
            f"min({quote(name)}), max({quote(name)}) FROM staged",
        )
        outliers, values, allowed = int(str(rows)), int(str(present)), rules[name].share
        if values and outliers / values > allowed:
            yield Finding(
                rule="outliers",
                column=name,
                rows=outliers,
                message=(
                    f"Column {name!r} has {outliers:,} outliers, {outliers / values:.1%} of its values; "
                    f"{allowed:.1%} may be: values run from {least} to {most}, usual are {low:g} to {high:g}."
                ),
            )
