"""The rows' weights in training: a column's values, multiplied with the weight of the row's class."""

from collections.abc import Iterator

import duckdb

from jobs.database import literal, quote, single
from jobs.findings import Finding
from jobs.names import LABEL
from jobs.plan import Plan
from jobs.values import text_of
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.job_plan import PARTS

MAX_WEIGHT = 1e30
"""Training computes with numbers of 32 bits, which end at 3.4e38: a sum of larger weights may be infinite."""


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
    """Weights that no training can use, over the views of the parts.

    They are missing, negative or too large, or all zero in a part or in one of its classes.
    """
    name = plan.dataset.weight
    if name is None:
        return
    for part in PARTS:
        missing, negative, example, large, largest = single(
            connection,
            f"SELECT count(*) FILTER (WHERE {quote(name)} IS NULL), "
            f"count(*) FILTER (WHERE {quote(name)} < 0), min({quote(name)}), "
            f"count(*) FILTER (WHERE {quote(name)} > {MAX_WEIGHT!r}), max({quote(name)}) "
            f"FROM {quote(part)}",
        )
        about = f"rows of the {part} part"
        for rows, problem in (
            (missing, f"no weight in {name!r}: give each a number of at least 0."),
            (negative, f"a negative weight in {name!r}, such as {example}: give weights of at least 0."),
            (
                large,
                f"a weight in {name!r} above {MAX_WEIGHT:g}, such as {_plain(largest)}: their sum is no "
                "number; give smaller ones.",
            ),
        ):
            if rows:
                count = int(str(rows))
                yield Finding(
                    rule="weight", column=name, rows=count, message=f"{count:,} {about} have {problem}"
                )
        if largest == 0 and not negative:
            yield Finding(
                rule="weight",
                column=name,
                message=f"All {about} have the weight 0 in {name!r}, so that none counts: give larger ones.",
            )
        elif plan.dataset.task in ("binary", "multiclass"):
            yield from _weightless_classes(connection, plan, part)


def _plain(value: object) -> str:
    """A number for a message; empty when there is none."""
    return "" if value is None else f"{float(str(value)):g}"


def _weightless_classes(connection: duckdb.DuckDBPyConnection, plan: Plan, part: str) -> Iterator[Finding]:
    """The classes of a part of whose rows none counts: as if the part had no row of them."""
    label, weight = str(plan.dataset.label), quote(str(plan.dataset.weight))
    counted = connection.execute(
        f"SELECT {text_of(quote(label), plan.dataset.columns[label])}, count(*) FROM {quote(part)} "
        f"GROUP BY 1 HAVING max({weight}) = 0 AND min({weight}) = 0 ORDER BY 1"
    ).fetchall()
    for name, rows in counted:
        yield Finding(
            rule="weight",
            column=plan.dataset.weight,
            rows=int(rows),
            # A validation part still tells by its other classes when to stop.
            fails=part != "validation" or plan.dataset.task == "binary",
            message=f"All {int(rows):,} rows of the class {str(name)!r} of {label!r} in the {part} part have "
            f"the weight 0 in {plan.dataset.weight!r}, so that the class does not count: give larger ones, "
            "or leave the class out.",
        )
