"""Data quality of what was served: the rules of training, as far as rows without a label can keep them.

Left out are the rules about a batch as a whole, which a window is not: how many rows, one row a key, and the
times that training asked for. What the endpoint refused was never answered and is not captured.
"""

from dataclasses import replace
from typing import Any

import duckdb

from jobs.findings import Finding
from jobs.monitoring.rows import Served
from jobs.plan import Plan
from jobs.rules import type_rules, value_rules
from jobs.serving.program import Program


def findings(
    connection: duckdb.DuckDBPyConnection, plan: Plan, program: Program, served: Served
) -> list[Finding]:
    """What is wrong with the judged rows; the rules query the view ``staged``, which is made here."""
    if not served.rows:
        return []
    connection.execute("CREATE OR REPLACE TEMP VIEW staged AS FROM judged")
    return [
        *type_rules(connection, served.columns),
        *value_rules(connection, _answerable(plan, program, served), served.rows),
    ]


def _answerable(plan: Plan, program: Program, served: Served) -> Plan:
    """The plan without rules about columns that callers need not send, as long as none does."""
    features = tuple(name for name in plan.dataset.features if name in program.columns)
    asked = {*features, *served.sent}
    rules: dict[str, Any] = dict(plan.quality)
    for name in ("missing_share", "ranges", "accepted_values"):
        rules[name] = {column: rule for column, rule in (rules.get(name) or {}).items() if column in asked}
    return plan.but(quality=rules, dataset=replace(plan.dataset, features=features))
