"""The answers of a forecast, one line of JSON a record, as DeepAR writes them: a list for each level.

`{"quantiles": {"0.1": [...], "0.5": [...], "0.9": [...]}}`, with one number for each step of the horizon.
Other members, such as `mean` and `samples`, are not read.
"""

from collections.abc import Sequence

import duckdb

from jobs.answers import AnswerShape
from jobs.database import literal, quote, single

TWICE, LONGER = "twice", "longer"
"""What is wrong with the lists of a line: one level has two, or a list is longer than the horizon."""


def quantiles_query(lines: str, shape: AnswerShape) -> str:
    """The SQL query of rows and answers of the lines: `horizon` rows for each line.

    Levels are compared as numbers: a model may name 0.1 as 0.10. A step for which a level has no number has
    NULL in its place. ``fault`` is `TWICE` or `LONGER` where a line's lists cannot be what was asked for,
    and NULL otherwise.

    Args:
        lines: the query of the column ``line``.
    """
    # A line that is no JSON would stop the query.
    document = "CASE WHEN json_valid(line) THEN json_extract(line, '$.quantiles') END"
    listed = (
        "list_filter(list_transform(map_entries(quantiles), lambda entry: "
        "{'key': TRY_CAST(entry.key AS DOUBLE), 'value': entry.value}), lambda entry: entry.key IS NOT NULL)"
    )
    keys = "list_transform(listed, lambda entry: entry.key)"
    twice = " OR ".join(
        f"len({names}) <> len(list_distinct({names}))" for names in ("json_keys(document)", keys)
    )
    lists = [f"levels[CAST({name} AS DOUBLE)]" for name in shape.names]
    longer = " OR ".join(f"coalesce(len({numbers}) > {shape.horizon}, false)" for numbers in lists)
    numbers = ", ".join(f"{numbers}[step]" for numbers in lists)
    return (
        f"SELECT number * {shape.horizon} + step - 1 AS row, {shape.score('answer')} AS score, answer, fault "
        f"FROM (SELECT number, step, [{numbers}] AS answer, CASE WHEN twice THEN {literal(TWICE)} "
        f"WHEN {longer} THEN {literal(LONGER)} END AS fault FROM ("
        "SELECT number, twice, CASE WHEN NOT twice THEN map_from_entries(listed) END AS levels FROM ("
        f"SELECT number, listed, coalesce({twice}, false) AS twice FROM ("
        f"SELECT number, document, {listed} AS listed FROM ("
        "SELECT row_number() OVER () - 1 AS number, document, "
        "TRY_CAST(document AS MAP(VARCHAR, DOUBLE[])) AS quantiles "
        f"FROM (SELECT {document} AS document FROM ({lines}))"
        f")))), range(1, {shape.horizon + 1}) AS steps(step))"
    )


def quantile_faults(
    connection: duckdb.DuckDBPyConnection, table: str, *, rows: int, shape: AnswerShape, about: str
) -> Sequence[str]:
    """A sentence for what is wrong with loaded answers: their number, or numbers that are missing or wrong.

    Args:
        table: the loaded answers.
        rows: how many rows were asked for.
    """
    records, horizon = rows // shape.horizon, shape.horizon
    complete = shape.complete("answer")
    answers, twice, longer, incomplete, crossing = (
        int(str(count))
        for count in single(
            connection,
            f"SELECT count(*), count(*) FILTER (fault = {literal(TWICE)}), "
            f"count(*) FILTER (fault = {literal(LONGER)}), count(*) FILTER (NOT {complete}), "
            f"count(*) FILTER ({complete} AND NOT ({shape.in_bounds('answer')})) FROM {quote(table)}",
        )
    )
    levels = ", ".join(map(repr, shape.names))
    if answers != rows:
        return [f"{about}: {answers // horizon} lines for {records} series and origins."]
    if twice:
        return [
            f"{about}: {twice // horizon} of {records} lines have a quantile level twice, such as 0.1 and "
            f"0.10; each line needs one list for each of {levels}."
        ]
    if longer:
        return [
            f"{about}: {longer // horizon} of {records} lines have lists of more than {horizon} numbers; let "
            f"the model answer one number for each of the {horizon} steps of the horizon."
        ]
    if incomplete:
        return [
            f"{about}: {incomplete} of {rows} steps lack a finite number for a quantile; each line needs "
            f"quantiles with lists of {horizon} numbers for {levels}."
        ]
    if crossing:
        return [
            f"{about}: the quantiles of {crossing} of {rows} steps cross: a higher level has a lower number; "
            "let the model sort the numbers of each step."
        ]
    return []
