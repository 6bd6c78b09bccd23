"""The rules on the classes of a multiclass label: values that are no class, and classes that are too rare."""

from collections.abc import Iterator

import duckdb

from jobs.database import quote, single
from jobs.findings import Finding
from jobs.listing import listed
from jobs.names import LABEL
from jobs.plan import Plan
from jobs.roles import label_number
from jobs.values import text_of


def unknown_classes(connection: duckdb.DuckDBPyConnection, plan: Plan) -> Iterator[Finding]:
    """Values of the label in the view ``staged`` that are not among the data set's classes."""
    dataset = plan.dataset
    label, value = str(dataset.label), text_of(quote(str(dataset.label)), dataset.columns[str(dataset.label)])
    unknown = f"FROM staged WHERE {quote(label)} IS NOT NULL AND {label_number(dataset)} IS NULL"
    query = f"SELECT {value}, count(*) {unknown} GROUP BY 1 ORDER BY 2 DESC, 1"
    counted = connection.execute(query).fetchall()
    if not counted:
        return
    names = listed([name for name, _ in counted])
    rows = sum(int(count) for _, count in counted)
    yield Finding(
        rule="label_values",
        column=label,
        rows=rows,
        message=f"The label {label!r} is {names} in {rows:,} rows, which are no classes: add them to "
        "dataset.classes, or correct the rows.",
    )


def rare_classes(connection: duckdb.DuckDBPyConnection, plan: Plan) -> Iterator[Finding]:
    """The rarest class of the view ``labelled``, when its share of the rows is too small."""
    classes, minimum = plan.dataset.classes or (), plan.quality.minimum_class_share
    number, rows, total = single(
        connection,
        f"SELECT number, rows, sum(rows) OVER () FROM (SELECT {LABEL}, count(*) FROM labelled GROUP BY 1) "
        "AS counted(number, rows) ORDER BY rows, number LIMIT 1",
    )
    share = int(str(rows)) / int(str(total))
    if share < minimum:
        yield Finding(
            rule="class_share",
            column=plan.dataset.label,
            rows=int(str(rows)),
            message=f"The class {classes[int(float(str(number)))]!r} of {plan.dataset.label!r} has "
            f"{told_shares(share, minimum)}.",
        )


def told_shares(share: float, minimum: float) -> str:
    """A share of the rows below the minimum, with as many digits as show that it is below."""
    digits = next((n for n in range(3, 12) if f"{share:.{n}%}" != f"{minimum:.{n}%}"), 12)
    return f"{share:.{digits}%} of the rows, asked are {minimum:.{digits}%}"
