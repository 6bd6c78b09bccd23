"""The rows' weights in training: a column's values, multiplied with the weight of the row's class."""

from collections.abc import Iterator

import duckdb

from jobs.database import literal, quote, single
from jobs.findings import Finding
from jobs.names import LABEL
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.job_plan import PARTS


def training_weight(dataset: DatasetSection) -> str | None:
    """The SQL expression of a row's weight in training, of a relation ``raw``; None without weights."""
    factors = [f"CAST(raw.{quote(dataset.weight)} AS DOUBLE)"] if dataset.weight else []
    if dataset.class_weights:
        factors.append(_class_weight(dataset))
    return " * ".join(factors) or None


def _class_weight(dataset: DatasetSection) -> str:
    """The SQL expression of the weight of a row's class, by `jobs.names.LABEL`; 1 where none is declared."""
    weights = dataset.class_weights or {}
    numbers = {name: number for number, name in enumerate(dataset.classes or ("other", dataset.positive))}
    cases = " ".join(
        f"WHEN {LABEL} = {numbers[name]} THEN CAST({literal(repr(float(weight)))} AS DOUBLE)"
        for name, weight in weights.items()
    )
    return f"CASE {cases} ELSE CAST(1 AS DOUBLE) END"


def weight_rules(connection: duckdb.DuckDBPyConnection, plan: Plan) -> Iterator[Finding]:
    """Weights that are missing or negative, or all zero in a part, over the views of the parts."""
    name = plan.dataset.weight
    if name is None:
        return
    for part in PARTS:
        missing, negative, example, largest = single(
            connection,
            f"SELECT count(*) FILTER (WHERE {quote(name)} IS NULL), "
            f"count(*) FILTER (WHERE {quote(name)} < 0), min({quote(name)}), max({quote(name)}) "
            f"FROM {quote(part)}",
        )
        about = f"rows of the {part} part"
        if missing:
            yield Finding(
                rule="weight",
                column=name,
                rows=int(str(missing)),
                message=f"{int(str(missing)):,} {about} have no weight in {name!r}: give each a number of at "
                "least 0.",
            )
        if negative:
            yield Finding(
                rule="weight",
                column=name,
                rows=int(str(negative)),
                message=f"{int(str(negative)):,} {about} have a negative weight in {name!r}, such as "
                f"{example}: give weights of at least 0.",
            )
        if largest == 0 and not negative:
            yield Finding(
                rule="weight",
                column=name,
                message=f"All {about} have the weight 0 in {name!r}, so that none counts: give larger ones.",
            )
