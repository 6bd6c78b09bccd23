"""Data quality of served rows: the data-quality rules of training that apply to rows without labels.

Rules about a whole batch are left out, as a window is not a batch: the number of rows, unique keys, and the
requested times. Requests that the endpoint refused have no answer and are not captured.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import duckdb

from jobs.findings import Finding
from jobs.monitoring.rows import Served
from jobs.monitoring.settings import Settings
from jobs.outliers import baseline_bounds, outlier_rules
from jobs.plan import Plan
from jobs.rules import type_rules, value_rules
from jobs.serving.program import Program
from jobs.statistics.significance import binomial_tail
from mdlc_constructs.settings.payloads.quality import QualitySection


def findings(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    settings: Settings,
    program: Program,
    served: Served,
    statistics: Mapping[str, Any],
) -> list[Finding]:
    """The findings about the rows of the monitored version; creates the view ``staged``, which rules query.

    In a window of fewer than ``least_rows`` rows, a share of missing values or outliers must be significantly
    too large: with one row, a share is either 0 or 1.

    Args:
        statistics: the baseline's ``statistics.json``, by which values are outliers.
    """
    if not served.rows:
        return []
    connection.execute("CREATE OR REPLACE TEMP VIEW staged AS FROM judged")
    answerable = _answerable(plan, program, served)
    rules = answerable.quality.outliers or {}
    bounds, notes = baseline_bounds(rules, statistics)
    broken = [
        *type_rules(connection, served.columns),
        *value_rules(connection, answerable, served.rows),
        *outlier_rules(connection, rules, bounds),
        *(Finding(rule="outliers", message=note, fails=False) for note in notes),
    ]
    if served.rows >= settings.least_rows:
        return broken
    return [
        finding for finding in broken if not _by_chance(finding, answerable.quality, served.rows, settings)
    ]


def _by_chance(finding: Finding, rules: QualitySection, rows: int, settings: Settings) -> bool:
    """Whether so many missing values or outliers may be chance, if the allowed share is the true one."""
    column = finding.column or ""
    if finding.rows is None or finding.rule not in ("missing_share", "outliers"):
        return False
    if finding.rule == "outliers":
        allowed = (rules.outliers or {})[column].share
    else:
        allowed = rules.missing_share.get(column, rules.maximum_missing_share)
    return binomial_tail(finding.rows, rows, allowed) >= settings.thresholds.alpha


def _answerable(plan: Plan, program: Program, served: Served) -> Plan:
    """The plan without rules about columns that the model does not read and no caller sends."""
    features = tuple(name for name in plan.dataset.features if name in program.columns)
    rules = plan.quality.about({*features, *served.sent})
    return plan.but(quality=rules, dataset=replace(plan.dataset, features=features))
