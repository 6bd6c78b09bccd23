"""The answers of a forecast, one line of JSON a record, as DeepAR writes them: a list for each level.

`{"quantiles": {"0.1": [...], "0.5": [...], "0.9": [...]}}`, with one number for each step of the horizon.
Other members, such as `mean` and `samples`, are not read.
"""

from collections.abc import Sequence

from jobs.answers import AnswerShape


def quantiles_query(lines: str, shape: AnswerShape) -> str:
    """The SQL query of rows and answers of the lines: `horizon` rows for each line.

    Levels are compared as numbers: a model may name 0.1 as 0.10. A step for which a level has no number has
    NULL in its place.

    Args:
        lines: the query of the column ``line``.
    """
    # A line that is no JSON would stop the query.
    document = "CASE WHEN json_valid(line) THEN json_extract(line, '$.quantiles') END"
    parsed = f"TRY_CAST({document} AS MAP(VARCHAR, DOUBLE[]))"
    by_level = (
        "map_from_entries(list_filter(list_transform(map_entries(quantiles), lambda entry: "
        "{'key': TRY_CAST(entry.key AS DOUBLE), 'value': entry.value}), "
        "lambda entry: entry.key IS NOT NULL))"
    )
    numbers = ", ".join(f"levels[CAST({name} AS DOUBLE)][step]" for name in shape.names)
    return (
        f"SELECT number * {shape.horizon} + step - 1 AS row, {shape.score('answer')} AS score, answer FROM ("
        f"SELECT number, step, [{numbers}] AS answer FROM ("
        f"SELECT row_number() OVER () - 1 AS number, {by_level} AS levels "
        f"FROM (SELECT {parsed} AS quantiles FROM ({lines}))"
        f"), range(1, {shape.horizon + 1}) AS steps(step))"
    )


def quantile_faults(
    *, rows: int, answers: int, incomplete: int, shape: AnswerShape, about: str
) -> Sequence[str]:
    """A sentence for what is wrong with loaded answers: their number, or numbers that are missing.

    Args:
        rows: how many rows were asked for.
        answers: how many rows were answered.
        incomplete: how many of those lack a finite number for a level.
    """
    records, horizon = rows // shape.horizon, shape.horizon
    if answers != rows:
        return [f"{about}: {answers // horizon} lines for {records} series and origins."]
    if incomplete:
        levels = ", ".join(map(repr, shape.names))
        return [
            f"{about}: {incomplete} of {rows} steps lack a finite number for a quantile; each line needs "
            f"quantiles with lists of {horizon} numbers for {levels}."
        ]
    return []
