"""Data quality of what was served: the rules of training, as far as rows without a label can keep them.

Left out are the rules about a batch as a whole, which a window is not: how many rows, one row a key, and the
times that training asked for. What the endpoint refused was never answered and is not captured.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import duckdb

from jobs.findings import Finding
from jobs.monitoring.rows import Served
from jobs.monitoring.settings import Settings
from jobs.plan import Plan
from jobs.rules import type_rules, value_rules
from jobs.serving.program import Program
from jobs.statistics.significance import binomial_tail


def findings(
    connection: duckdb.DuckDBPyConnection, plan: Plan, settings: Settings, program: Program, served: Served
) -> list[Finding]:
    """What is wrong with the judged rows; the rules query the view ``staged``, which is made here.

    In a window of few rows a share is too large only beyond chance: one row has all of its values or none.
    """
    if not served.rows:
        return []
    connection.execute("CREATE OR REPLACE TEMP VIEW staged AS FROM judged")
    answerable = _answerable(plan, program, served)
    found = [*type_rules(connection, served.columns), *value_rules(connection, answerable, served.rows)]
    if served.rows >= settings.least_rows:
        return found
    return [one for one in found if not _by_chance(one, answerable.quality, served.rows, settings)]


def _by_chance(finding: Finding, rules: Mapping[str, Any], rows: int, settings: Settings) -> bool:
    """Whether so many missing values are no surprise when the share that is allowed is the true one."""
    if finding.rule != "missing_share" or finding.rows is None:
        return False
    default = float(rules.get("maximum_missing_share", 1.0))
    allowed = float((rules.get("missing_share") or {}).get(finding.column, default))
    return binomial_tail(finding.rows, rows, allowed) >= settings.thresholds.alpha


def _answerable(plan: Plan, program: Program, served: Served) -> Plan:
    """The plan without rules about columns that callers need not send, as long as none does."""
    features = tuple(name for name in plan.dataset.features if name in program.columns)
    asked = {*features, *served.sent}
    rules: dict[str, Any] = dict(plan.quality)
    for name in ("missing_share", "ranges", "accepted_values"):
        rules[name] = {column: rule for column, rule in (rules.get(name) or {}).items() if column in asked}
    return plan.but(quality=rules, dataset=replace(plan.dataset, features=features))
