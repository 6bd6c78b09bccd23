"""Data quality of what was served: the rules of training, as far as rows without a label can keep them.

Left out are the rules about a batch as a whole, which a window is not: how many rows, one row a key, and the
times that training asked for. What the endpoint refused was never answered and is not captured.
"""

from dataclasses import replace

import duckdb

from jobs.findings import Finding
from jobs.monitoring.rows import Served
from jobs.monitoring.settings import Settings
from jobs.plan import Plan
from jobs.rules import type_rules, value_rules
from jobs.serving.program import Program
from jobs.statistics.significance import binomial_tail
from mdlc_constructs.settings.payloads.job_plan import QualitySection


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
    broken = [*type_rules(connection, served.columns), *value_rules(connection, answerable, served.rows)]
    if served.rows >= settings.least_rows:
        return broken
    return [
        finding for finding in broken if not _by_chance(finding, answerable.quality, served.rows, settings)
    ]


def _by_chance(finding: Finding, rules: QualitySection, rows: int, settings: Settings) -> bool:
    """Whether so many missing values are no surprise when the share that is allowed is the true one."""
    if finding.rule != "missing_share" or finding.rows is None:
        return False
    allowed = rules.missing_share.get(finding.column or "", rules.maximum_missing_share)
    return binomial_tail(finding.rows, rows, allowed) >= settings.thresholds.alpha


def _answerable(plan: Plan, program: Program, served: Served) -> Plan:
    """The plan without rules about columns that callers need not send, as long as none does."""
    features = tuple(name for name in plan.dataset.features if name in program.columns)
    rules = plan.quality.about({*features, *served.sent})
    return plan.but(quality=rules, dataset=replace(plan.dataset, features=features))
