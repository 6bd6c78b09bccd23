"""What the columns' roles come to in SQL: the label as a number, the row's key as text, the spans of time."""

from collections.abc import Mapping

from jobs.database import literal, quote
from jobs.errors import PlanError
from jobs.plan import Plan
from jobs.serving.values import canonical, read
from jobs.values import canonical as canonical_sql
from jobs.values import text_of
from mdlc_constructs.settings.payloads.job_plan import DatasetSection
from mdlc_constructs.settings.payloads.moments import Interval


def label_number(dataset: DatasetSection) -> str:
    """The label as a number: 1 and 0 in a binary task, the value itself in a regression; NULL where it is
    missing.

    Raises:
        PlanError: when ``positive`` cannot be a value of the label's type.
    """
    if dataset.label is None:
        raise PlanError("dataset.label=None: this job needs the column to predict.")
    column, kind = quote(dataset.label), dataset.columns[dataset.label]
    if dataset.task == "regression":
        return f"CAST({column} AS DOUBLE)"
    try:
        value = read(dataset.positive, kind, empty_is_missing=False)
    except ValueError as error:
        raise PlanError(
            f"dataset.positive={dataset.positive!r}: the label is a {kind}, and it is {error}."
        ) from None
    if kind in ("number", "integer"):
        positive = repr(value)
    elif kind == "boolean":
        positive = "true" if value else "false"
    else:
        positive = literal(canonical(str(value)))
    return f"CAST({column} = {positive} AS INTEGER)"


def row_key(dataset: DatasetSection) -> str:
    """The row's key as text: the one key column's value, or a JSON object of them in the order declared."""
    return _key({name: text_of(quote(name), dataset.columns[name]) for name in dataset.row_key})


def published_key(dataset: DatasetSection, column: str) -> str:
    """The key in a column of predictions, as `row_key` has it now: earlier releases wrote some otherwise."""
    if len(dataset.row_key) == 1:
        return canonical_sql(column)
    texts = {name: f"json_extract_string({column}, {literal(pointer(name))})" for name in dataset.row_key}
    return _key({name: canonical_sql(text) for name, text in texts.items()})


def _key(texts: Mapping[str, str]) -> str:
    if len(texts) == 1:
        return next(iter(texts.values()))
    members = ", ".join(f"{literal(name)}, {text}" for name, text in texts.items())
    return f"CAST(json_object({members}) AS VARCHAR)"


def entity(dataset: DatasetSection) -> str:
    """What the row is about, as text; NULL where the data set names no entity."""
    return (
        text_of(quote(dataset.entity), dataset.columns[dataset.entity]) if dataset.entity else "NULL::VARCHAR"
    )


def pointer(name: str) -> str:
    """The JSON pointer to a member, whatever its name holds."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def total_order(dataset: DatasetSection, columns: dict[str, str]) -> str:
    """An ordering of a relation called ``raw`` that does not depend on how the files came.

    By time, then key, then everything else. The columns are named with the relation, because a bare name
    would mean the feature of that name.
    """
    first = [dataset.timestamp, *dataset.row_key]
    return ", ".join(f"raw.{quote(name)}" for name in dict.fromkeys([*first, *columns]))


def within(column: str, interval: Interval) -> str:
    """The condition that a time lies in an interval: start included, end excluded."""
    sides = []
    if interval.start is not None:
        sides.append(f"{quote(column)} >= {moment(interval.start)}")
    if interval.end is not None:
        sides.append(f"{quote(column)} < {moment(interval.end)}")
    return " AND ".join([f"{quote(column)} IS NOT NULL", *sides])


def moment(text: str) -> str:
    """An ISO text as an SQL time in UTC."""
    return f"CAST(CAST({literal(text)} AS TIMESTAMPTZ) AS TIMESTAMP)"


def keys_query(plan: Plan, relation: str, order: str, label: str | None = None) -> str:
    """The keys of a relation's rows in an order: number from 0, row key, entity, time, and any label."""
    names = ["row", "row_key", "entity", "event_time", *(["label"] if label else [])]
    known = f", {label}" if label else ""
    return (
        f"SELECT {', '.join(names)} FROM (SELECT row_number() OVER (ORDER BY {order}) - 1, "
        f"{row_key(plan.dataset)}, {entity(plan.dataset)}, {quote(plan.dataset.timestamp)}{known} "
        f"FROM {quote(relation)} AS raw) AS keys({', '.join(names)}) ORDER BY row"
    )
