"""The data-quality rules of a batch. Each runs queries over the staged rows and yields findings."""

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from jobs.class_rules import rare_classes, told_shares, unknown_classes
from jobs.csv_files import what_is_read
from jobs.database import literal, quote, single
from jobs.findings import Finding
from jobs.leaks import strengths
from jobs.names import KEY, LABEL, internal
from jobs.plan import Plan
from jobs.reading import wrong_values
from jobs.roles import label_number, row_key, within
from jobs.serving.values import canonical
from jobs.values import mean_of, text_of
from mdlc_constructs.settings.payloads.dataset import CsvFormat
from mdlc_constructs.settings.payloads.tasks import CLASS_TASKS

_TIMES = internal("times")


def _count(connection: duckdb.DuckDBPyConnection, condition: str, relation: str = "staged") -> int:
    return int(str(single(connection, f"SELECT count(*) FROM {quote(relation)} WHERE {condition}")[0]))


def type_rules(
    connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str], csv: CsvFormat | None = None
) -> Iterator[Finding]:
    """Values that do not fit their column's declared type.

    Args:
        csv: the format of the CSV files; None when the values come from other files.
    """
    for name, rows, example in wrong_values(connection, columns):
        yield Finding(
            rule="wrong_type",
            column=name,
            rows=rows,
            message=(
                f"Column {name!r} is declared {columns[name]} but holds {example!r}"
                f"{f' and {rows - 1:,} more such values' if rows > 1 else ''}."
                f"{what_is_read(columns[name], example, csv)}"
            ),
        )


def row_rules(connection: duckdb.DuckDBPyConnection, plan: Plan, rows: int) -> Iterator[Finding]:
    """Too few rows, and rows without a timestamp, without a row key, or with a duplicate key."""
    minimum = plan.quality.minimum_rows
    if rows < minimum:
        yield Finding(
            rule="minimum_rows",
            rows=rows,
            message=f"There are {rows:,} rows; at least {minimum:,} are asked for.",
        )
    time = plan.dataset.timestamp
    untimed = _count(connection, f"{quote(time)} IS NULL") if time else 0
    if untimed:
        yield Finding(
            rule="missing_timestamp",
            column=time,
            rows=untimed,
            message=f"{untimed:,} rows have no time in {time!r}, so no place before or after others.",
        )
    if not plan.dataset.row_key:
        return
    keyless = _count(connection, " OR ".join(f"{quote(name)} IS NULL" for name in plan.dataset.row_key))
    names = ", ".join(plan.dataset.row_key)
    if keyless:
        yield Finding(
            rule="missing_key",
            rows=keyless,
            message=f"{keyless:,} rows have no value in the row key ({names}).",
        )
    # The rules of series report a step that occurs twice, whatever its times.
    if plan.quality.unique_key and plan.dataset.forecast is None:
        key = row_key(plan.dataset)
        groups, surplus, example = single(
            connection,
            f"SELECT count(*), sum({_TIMES}) - count(*), min({KEY}) FROM (SELECT {key} AS {KEY}, "
            f"count(*) AS {_TIMES} FROM staged WHERE {key} IS NOT NULL GROUP BY 1 HAVING count(*) > 1)",
        )
        if groups:
            yield Finding(
                rule="duplicate_key",
                rows=int(str(surplus)),
                message=(
                    f"{int(str(groups)):,} row keys ({names}) occur more than once, for example {example!r}: "
                    f"{int(str(surplus)):,} rows too many."
                ),
            )


def value_rules(connection: duckdb.DuckDBPyConnection, plan: Plan, rows: int) -> Iterator[Finding]:
    """Columns with too many missing values, and values out of range or not accepted."""
    quality = plan.quality
    columns = plan.dataset.needed(label=plan.training)
    for name in dict.fromkeys(
        [*plan.dataset.features, *(name for name in quality.missing_share if name in columns)]
    ):
        missing = _count(connection, f"{quote(name)} IS NULL")
        allowed = quality.missing_share.get(name, quality.maximum_missing_share)
        if rows and missing / rows > allowed:
            yield Finding(
                rule="missing_share",
                column=name,
                rows=missing,
                message=f"Column {name!r} is missing in {missing / rows:.1%} of rows; {allowed:.1%} may be.",
            )
    for name, (low, high) in quality.ranges.items():
        if name in columns:
            yield from _range_rule(connection, name, low, high)
    for name, values in quality.accepted_values.items():
        if name in columns:
            yield from _accepted_rule(connection, name, columns[name], list(values))


def outside(name: str, low: float | None, high: float | None) -> str:
    """The SQL condition that a value is outside its range."""
    sides = [f"{quote(name)} < {low!r}"] if low is not None else []
    sides += [f"{quote(name)} > {high!r}"] if high is not None else []
    return " OR ".join(sides) or "false"


def not_accepted(name: str, kind: str, values: list[str]) -> str:
    """The SQL condition that a value is none of the accepted ones."""
    accepted = ", ".join(literal(canonical(value)) for value in values)
    return f"{text_of(quote(name), kind)} NOT IN ({accepted})"


def _range_rule(
    connection: duckdb.DuckDBPyConnection, name: str, low: float | None, high: float | None
) -> Iterator[Finding]:
    condition = outside(name, low, high)
    rows = _count(connection, condition)
    if rows:
        least, most = single(
            connection,
            f"SELECT min({quote(name)}), max({quote(name)}) FROM staged WHERE {condition}",
        )
        bounds = f"{'-∞' if low is None else f'{low:g}'} to {'∞' if high is None else f'{high:g}'}"
        yield Finding(
            rule="range",
            column=name,
            rows=rows,
            message=f"Column {name!r} is outside {bounds} in {rows:,} rows, from {least} to {most}.",
        )


def _accepted_rule(
    connection: duckdb.DuckDBPyConnection, name: str, kind: str, values: list[str]
) -> Iterator[Finding]:
    condition = not_accepted(name, kind, values)
    rows = _count(connection, condition)
    if rows:
        example = single(
            connection, f"SELECT min(CAST({quote(name)} AS VARCHAR)) FROM staged WHERE {condition}"
        )[0]
        yield Finding(
            rule="accepted_values",
            column=name,
            rows=rows,
            message=(
                f"Column {name!r} holds {example!r} or others that are not accepted in {rows:,} rows; "
                f"accepted are {', '.join(values)}."
            ),
        )


def time_rules(connection: duckdb.DuckDBPyConnection, plan: Plan) -> Iterator[Finding]:
    """Rows outside the requested time span, as a warning: they are left out."""
    span = plan.requested
    time = plan.dataset.timestamp
    if time is None:
        return
    rows = _count(connection, f"{quote(time)} IS NOT NULL AND NOT ({within(time, span)})")
    if rows:
        yield Finding(
            rule="outside_window",
            column=time,
            rows=rows,
            fails=False,
            message=(
                f"{rows:,} rows lie outside {span.start or 'the beginning'} to {span.end or 'the end'}; "
                "they are left out."
            ),
        )


def label_rules(
    connection: duckdb.DuckDBPyConnection, plan: Plan, facts: dict[str, Any]
) -> Iterator[Finding]:
    """Labels that nothing can be learned from; `jobs.part_rules` looks at the parts of the split.

    Rows without a label are only a warning: they are counted and left out of training.

    Args:
        facts: receives the counts of rows with and without a label, and the labels' mean.
    """
    number = label_number(plan.dataset)
    # A step of a series without a value is a missing value of its history.
    known = "true" if plan.dataset.forecast is not None else f"{number} IS NOT NULL"
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW labelled AS SELECT *, {number} AS {LABEL} FROM staged "
        f"WHERE {known} AND {within(plan.dataset.timestamp, plan.requested)}"
    )
    label = plan.dataset.label
    unlabelled = _count(connection, f"{quote(str(label))} IS NULL")
    labelled, mean, lowest, highest, kinds = single(
        connection,
        f"SELECT count({LABEL}), {mean_of(LABEL)}, min({LABEL}), max({LABEL}), "
        f"count(DISTINCT {quote(str(label))}) FROM labelled",
    )
    facts.update(unlabelled=unlabelled, labelled=labelled, mean=mean)
    if plan.dataset.classes:
        yield from unknown_classes(connection, plan)
    if unlabelled and plan.dataset.forecast is None:
        yield Finding(
            rule="unlabelled",
            column=label,
            rows=unlabelled,
            fails=False,
            message=f"{unlabelled:,} rows have no label in {label!r}; they are left out of training.",
        )
    if not labelled:
        where = "in the requested time " if plan.dataset.timestamp else ""
        yield Finding(
            rule="no_label",
            column=label,
            message=f"No row {where}has a label in {label!r}: nothing can be learned; bring labelled rows.",
        )
    elif lowest == highest:
        what = f"the value {float(str(lowest)):g}"
        if plan.dataset.task in CLASS_TASKS:
            what = f"the class {_only_class(connection, plan)!r}"
        yield Finding(
            rule="one_class",
            column=label,
            rows=int(str(labelled)),
            message=(
                f"The label {label!r} has only {what} in all {int(str(labelled)):,} rows: "
                "nothing can be learned."
            ),
        )
    elif plan.dataset.classes:
        yield from rare_classes(connection, plan)
    elif plan.dataset.task == "binary":
        yield from _class_rules(plan, float(str(mean)), int(str(kinds)))


def _only_class(connection: duckdb.DuckDBPyConnection, plan: Plan) -> str:
    """The only class of the labelled rows, by name."""
    name = str(plan.dataset.label)
    value = text_of(quote(name), plan.dataset.columns[name])
    return str(single(connection, f"SELECT min({value}) FROM labelled")[0])


def _class_rules(plan: Plan, mean: float, kinds: int) -> Iterator[Finding]:
    label, minimum = plan.dataset.label, plan.quality.minimum_class_share
    if kinds > 2:
        yield Finding(
            rule="label_values",
            column=label,
            message=f"The label {label!r} has {kinds} values; a binary task has two. Declare a regression?",
        )
    rarer = min(mean, 1 - mean)
    if rarer < minimum:
        yield Finding(
            rule="class_share",
            column=label,
            message=f"The rarer class of {label!r} has {told_shares(rarer, minimum)}.",
        )


def leak_rules(connection: duckdb.DuckDBPyConnection, plan: Plan, facts: dict[str, Any]) -> Iterator[Finding]:
    """Features that alone predict the label almost perfectly; those in `accepted_leaks` are only a warning.

    Args:
        facts: receives each feature's AUC or correlation.
    """
    limit = plan.quality.leak_auc
    scores = strengths(connection, "labelled", plan.dataset)
    facts["strengths"] = {
        name: round(strength.value, 4)
        for name, strength in sorted(scores.items(), key=lambda item: -item[1].value)
    }
    measure = "correlation" if plan.dataset.task in ("regression", "ranking", "forecast") else "AUC"
    for name, strength in scores.items():
        if strength.value < limit <= strength.best_value:
            # One class may really be told by one measure, so that this is only a warning.
            yield Finding(
                rule="leak_of_a_class",
                column=name,
                fails=False,
                message=(
                    f"Feature {name!r} alone tells class {strength.best_class!r} from the others with AUC "
                    f"{strength.best_value:.4f} (limit {limit:g}): see whether it knows the answer."
                ),
            )
        if strength.value >= limit:
            accepted = name in plan.dataset.accepted_leaks
            remedy = "accepted by name" if accepted else "leave it out, or name it in accepted_leaks"
            yield Finding(
                rule="leak",
                column=name,
                fails=not accepted,
                message=(
                    f"Feature {name!r} alone predicts the label with {measure} {strength.value:.4f} "
                    f"(limit {limit:g}), as if it knew the answer: {remedy}."
                ),
            )
