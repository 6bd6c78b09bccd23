"""SQL expressions of the columns' roles: the label as a number, the row key as text, time intervals."""

from collections.abc import Mapping, Sequence

from jobs.database import literal, quote
from jobs.errors import PlanError
from jobs.names import FILE, FILE_ROW
from jobs.plan import Plan
from jobs.serving.values import canonical, read
from jobs.values import canonical as canonical_sql
from jobs.values import text_of
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.moments import Interval


def label_number(dataset: DatasetSection) -> str:
    """The SQL expression of the label as a number; NULL when it is missing.

    It is 1 or 0 in a binary task, the number (from 0) of the class in a multiclass task, and otherwise the
    value itself. A value that is no class is NULL, and so is all of a task that needs no label and has none.

    Raises:
        PlanError: when ``positive`` cannot be a value of the label's type.
    """
    if dataset.label is None and not dataset.needs_label:
        return "NULL::DOUBLE"
    if dataset.label is None:
        raise PlanError("dataset.label=None: this job needs the column to predict.")
    column, kind = quote(dataset.label), dataset.columns[dataset.label]
    if dataset.classes:
        classes = ", ".join(literal(canonical(name)) for name in dataset.classes)
        place = f"list_position([{classes}], {text_of(column, kind)})"
        return f"CAST(nullif({place}, 0) - 1 AS DOUBLE)"
    if dataset.task not in ("binary", "anomaly"):
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
    """The SQL expression of the row key as text: one column's value, or a JSON object in declared order.

    Rows without ids have `digest_key`.
    """
    if not dataset.row_key:
        return digest_key(dataset)
    return _key({name: text_of(quote(name), dataset.columns[name]) for name in dataset.row_key})


def digest_key(dataset: DatasetSection) -> str:
    """The SQL expression of the key of a row without ids: a digest, a hyphen, and its number in its file.

    The digest is the MD5 of a JSON array of the file's name without its folder, the row's number in the file,
    and the values of the columns that every job reads, as texts. So equal rows have different keys.
    """
    file = f"regexp_extract({FILE}, '[^/]*$')"
    return f"{_digest([file, FILE_ROW, *_values(dataset)])} || '-' || CAST({FILE_ROW} AS VARCHAR)"


def row_identity(dataset: DatasetSection) -> str:
    """The SQL expression by which rows are drawn at random: the row key, or a digest of the row's values.

    Unlike `digest_key` it does not depend on the file, so that a row stays in its part of a split.
    """
    return row_key(dataset) if dataset.row_key else _digest(_values(dataset))


def _values(dataset: DatasetSection) -> list[str]:
    return [text_of(quote(name), kind) for name, kind in dataset.needed(label=False).items()]


def _digest(members: Sequence[str]) -> str:
    return f"md5(CAST(json_array({', '.join(members)}) AS VARCHAR))"


def published_key(dataset: DatasetSection, column: str) -> str:
    """The SQL expression of a published row key in `row_key`'s format; earlier releases' format differs."""
    if not dataset.row_key:
        return column
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
    """The SQL expression of the row's entity as text; NULL when the data set has no entity."""
    return (
        text_of(quote(dataset.entity), dataset.columns[dataset.entity]) if dataset.entity else "NULL::VARCHAR"
    )


def pointer(name: str) -> str:
    """The JSON pointer to a member, with special characters of its name escaped."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def total_order(dataset: DatasetSection, columns: dict[str, str]) -> str:
    """The ORDER BY expression of a relation called ``raw`` that does not depend on the order of the files.

    It orders by time, then key, then all other columns, and in a ranking first by group; equal rows without
    ids by their place in the files. The columns are qualified with ``raw``, because an unqualified name would
    be the feature of that name.
    """
    group = [dataset.group] if dataset.task == "ranking" and dataset.group else []
    first = [*group, *([dataset.timestamp] if dataset.timestamp else []), *dataset.row_key]
    names = [quote(name) for name in dict.fromkeys([*first, *columns])]
    place = [] if dataset.row_key else [FILE, FILE_ROW]
    return ", ".join(f"raw.{name}" for name in [*names, *place])


def group_text(dataset: DatasetSection) -> str | None:
    """The SQL expression of the group of a row as text; None unless the task is a ranking."""
    if dataset.task != "ranking" or dataset.group is None:
        return None
    return text_of(quote(dataset.group), dataset.columns[dataset.group])


def split_group(plan: Plan) -> str | None:
    """The SQL expression of the group of a row that a split keeps together, as text.

    None without one, and when it is the group of a ranking.
    """
    name = plan.split.group
    if name is None or (plan.dataset.task == "ranking" and name == plan.dataset.group):
        return None
    return text_of(quote(name), plan.dataset.columns[name])


def within(column: str | None, interval: Interval) -> str:
    """The SQL condition that a time lies in an interval: start included, end excluded.

    Without a time, None, every row does.
    """
    return "true" if column is None else between(quote(column), interval)


def between(time: str, interval: Interval) -> str:
    """The SQL condition that an SQL expression of a time lies in an interval."""
    sides = []
    if interval.start is not None:
        sides.append(f"{time} >= {moment(interval.start)}")
    if interval.end is not None:
        sides.append(f"{time} < {moment(interval.end)}")
    return " AND ".join([f"{time} IS NOT NULL", *sides])


def event_time(dataset: DatasetSection) -> str:
    """The SQL expression of a row's time; NULL when the data have none."""
    return quote(dataset.timestamp) if dataset.timestamp else "NULL::TIMESTAMP"


def moment(text: str) -> str:
    """The SQL expression of an ISO time as a TIMESTAMP in UTC."""
    return f"CAST(CAST({literal(text)} AS TIMESTAMPTZ) AS TIMESTAMP)"


def keys_query(
    plan: Plan,
    relation: str,
    order: str,
    *,
    label: str | None = None,
    weight: str | None = None,
    unit: str | None = None,
) -> str:
    """The SQL query of the keys of a relation's rows, in order.

    The columns are the row's number from 0, row key, entity, event time, label, weight and the group of the
    split if there are, and in a ranking the group as text.
    """
    others = {"label": label, "weight": weight, "group_key": group_text(plan.dataset), "split_group": unit}
    more = {name: value for name, value in others.items() if value}
    names = ["row", "row_key", "entity", "event_time", *more]
    known = "".join(f", {value}" for value in more.values())
    return (
        f"SELECT {', '.join(names)} FROM (SELECT row_number() OVER (ORDER BY {order}) - 1, "
        f"{row_key(plan.dataset)}, {entity(plan.dataset)}, {event_time(plan.dataset)}{known} "
        f"FROM {quote(relation)} AS raw) AS keys({', '.join(names)}) ORDER BY row"
    )
