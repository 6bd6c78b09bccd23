"""Warnings about texts that may be read differently than they are meant, reported before training."""

from collections.abc import Iterator, Mapping

import duckdb

from jobs.database import quote, single
from jobs.findings import Finding
from jobs.names import REWRITTEN
from jobs.reading import BETWEEN
from jobs.values import TEXTS, text_of
from mdlc_constructs.settings.payloads.dataset import DatasetSection


def writing_rules(
    connection: duckdb.DuckDBPyConnection, dataset: DatasetSection, columns: Mapping[str, str]
) -> Iterator[Finding]:
    """Warnings about texts in the view ``staged``; they do not fail the batch.

    They are about values in several notations that are read as one (see `jobs.serving.values.canonical`), and
    about categories such as ``01``, which differ from the text that a JSON number becomes.
    """
    for index, (name, kind) in enumerate(columns.items()):
        if kind in TEXTS:
            yield from _in_two_ways(connection, index, name)
    for name in dataset.features:
        if columns[name] == "category":
            yield from _like_numbers(connection, name)


def _in_two_ways(connection: duckdb.DuckDBPyConnection, index: int, name: str) -> Iterator[Finding]:
    rewritten = f"coalesce(list_contains(string_split({REWRITTEN}, {BETWEEN}), '{index}'), false)"
    values, example = single(
        connection,
        f"SELECT count(*), min(v) FROM (SELECT {quote(name)} FROM staged WHERE {quote(name)} IS NOT NULL "
        f"GROUP BY 1 HAVING bool_or({rewritten}) AND NOT bool_and({rewritten})) AS found(v)",
    )
    if values:
        yield Finding(
            rule="two_ways_of_writing",
            column=name,
            fails=False,
            message=(
                f"Column {name!r} writes {int(str(values)):,} values in two ways, such as {example!r}: each "
                "is read as one. Write them alike; if they are two, write one otherwise."
            ),
        )


def _like_numbers(connection: duckdb.DuckDBPyConnection, name: str) -> Iterator[Finding]:
    number = "TRY_CAST(v AS DOUBLE)"
    as_number = text_of(number, "number")
    values, example, other = single(
        connection,
        f"SELECT count(*), min(v), min_by({as_number}, v) "
        f"FROM (SELECT {quote(name)} FROM staged GROUP BY 1) AS held(v) "
        f"WHERE isfinite({number}) AND {as_number} <> v "
        "AND NOT regexp_full_match(v, '-?[1-9][0-9]*')",
    )
    if values:
        yield Finding(
            rule="text_like_a_number",
            column=name,
            fails=False,
            message=(
                f"Category {name!r} holds {example!r}, which is {other!r} where a program sends it as a "
                "number: send it as text."
            ),
        )
