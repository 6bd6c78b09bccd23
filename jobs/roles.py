"""What the columns' roles come to in SQL: the label as a number, the row's key as text, the spans of time."""

from jobs.database import literal, quoted
from jobs.errors import PlanError
from jobs.plan import Dataset, Interval

_TRUE = ("1", "true", "t", "yes")


def label_number(dataset: Dataset) -> str:
    """The label as a number: 1 and 0 in a binary task, the value itself in a regression; NULL where it is
    missing.

    :raises PlanError: when ``positive`` cannot be a value of the label's type.
    """
    if dataset.label is None:
        raise PlanError("dataset.label=None: this job needs the column to predict.")
    column, kind = quoted(dataset.label), dataset.columns[dataset.label]
    if dataset.task == "regression":
        return f"CAST({column} AS DOUBLE)"
    if kind in ("number", "integer"):
        try:
            positive = repr(float(dataset.positive))
        except ValueError:
            raise PlanError(
                f"dataset.positive={dataset.positive!r}: the label is a {kind}; give a number."
            ) from None
    elif kind == "boolean":
        positive = "true" if dataset.positive.lower() in _TRUE else "false"
    else:
        positive = literal(dataset.positive)
    return f"CAST({column} = {positive} AS INTEGER)"


def row_key(dataset: Dataset) -> str:
    """The row's key as text: the one key column's value, or a JSON object of them in the order declared."""
    texts = {name: f"CAST({quoted(name)} AS VARCHAR)" for name in dataset.row_key}
    if len(texts) == 1:
        return texts[dataset.row_key[0]]
    members = ", ".join(f"{literal(name)}, {text}" for name, text in texts.items())
    return f"CAST(json_object({members}) AS VARCHAR)"


def total_order(dataset: Dataset, columns: dict[str, str]) -> str:
    """An ordering of a relation called ``raw`` that does not depend on how the files came.

    By time, then key, then everything else. The columns are named with the relation, because a bare name
    would mean the feature of that name.
    """
    first = [dataset.timestamp, *dataset.row_key]
    return ", ".join(f"raw.{quoted(name)}" for name in dict.fromkeys([*first, *columns]))


def within(column: str, interval: Interval) -> str:
    """The condition that a time lies in an interval: start included, end excluded."""
    sides = []
    if interval.start is not None:
        sides.append(f"{quoted(column)} >= {moment(interval.start)}")
    if interval.end is not None:
        sides.append(f"{quoted(column)} < {moment(interval.end)}")
    return " AND ".join([f"{quoted(column)} IS NOT NULL", *sides])


def moment(text: str) -> str:
    """An ISO text as an SQL time in UTC."""
    return f"CAST(CAST({literal(text)} AS TIMESTAMPTZ) AS TIMESTAMP)"
