"""Joint drift of all columns: whether a classifier distinguishes the window from the baseline's sample."""

from collections.abc import Mapping
from typing import Any

import duckdb

from jobs.database import parquet, quote
from jobs.monitoring.drift_comparison import VIEW
from jobs.monitoring.reference import Reference
from jobs.monitoring.rows import Served
from jobs.monitoring.settings import Settings
from jobs.values import canonical


def joint(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    served: Served,
    features: Mapping[str, str],
    reference: Reference,
) -> tuple[dict[str, Any] | None, list[str]]:
    """The result of `jobs.statistics.domain_classifier` for the view `VIEW`, or None; and notes.

    A column that callers no longer send is left out: the column's own drift test reports it, and it would
    identify every row.

    Args:
        features: the raw columns that the model reads, with declared types.
    """
    if not settings.joint or not served.rows:
        return None, []
    if reference.sample is None:
        return None, ["The baseline has no sample of rows: all columns together are not compared."]
    # The import takes a second, so it is done only when needed.
    from jobs.statistics.domain_classifier import joint_drift

    sent = {name: kind for name, kind in features.items() if name in served.sent}
    # Earlier releases stored categories in their original notation.
    texts = ", ".join(
        f"{canonical(quote(name))} AS {quote(name)}" for name, kind in sent.items() if kind == "category"
    )
    sample = parquet(reference.sample)
    if texts:
        sample = f"(SELECT * REPLACE ({texts}) FROM {sample})"
    result = joint_drift(sample, connection, VIEW, sent, settings.seed, settings.thresholds)
    if result is None:
        return None, ["Too few rows or columns to compare all columns together."]
    return {**result.to_json(), "reason": result.reason}, []
