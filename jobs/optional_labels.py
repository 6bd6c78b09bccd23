"""The data-quality rule of labels that a task may have and does not need."""

from collections.abc import Iterator
from typing import Any

import duckdb

from jobs.database import single
from jobs.findings import Finding
from jobs.names import LABEL
from jobs.plan import Plan
from jobs.roles import label_number
from jobs.values import mean_of


def optional_label_rules(
    connection: duckdb.DuckDBPyConnection, plan: Plan, facts: dict[str, Any]
) -> Iterator[Finding]:
    """Warn of optional labels by which nothing can be measured: none, or of one kind.

    Args:
        facts: receives the counts of rows with and without a label, and the labels' mean.
    """
    label, number = plan.dataset.label, label_number(plan.dataset)
    labelled, unlabelled, mean = single(
        connection,
        f"SELECT count({LABEL}), count(*) - count({LABEL}), {mean_of(LABEL)} "
        f"FROM (SELECT {number} AS {LABEL} FROM staged)",
    )
    facts.update(unlabelled=unlabelled, labelled=labelled, mean=mean)
    if label is not None and (mean is None or float(str(mean)) in (0.0, 1.0)):
        yield Finding(
            rule="one_class",
            column=label,
            rows=int(str(labelled)),
            fails=False,
            message=(
                f"The label {label!r} does not tell anomalies from other rows, with {int(str(labelled)):,} "
                "labels: no metric that needs labels is measured."
            ),
        )
