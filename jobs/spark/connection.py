"""Runs the data jobs' SQL, which is written for DuckDB, on a Spark session.

Each query is translated when it runs, so that it is written only once. Where the engines differ, the
translation makes the results equal; the remaining differences are listed in docs/engines.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from jobs.errors import JobError

CONFIGURATION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "false",  # as DuckDB's names
    "spark.sql.parser.escapedStringLiterals": "false",  # the translation escapes backslashes
    "spark.sql.legacy.percentileDiscCalculation": "false",
}
"""The session settings that are required for equal results."""


class Frame(Protocol):
    """The part of a Spark DataFrame that is used."""

    def collect(self) -> Sequence[Sequence[Any]]:
        """All rows."""


class Session(Protocol):
    """The part of a Spark session that is used."""

    def sql(self, sqlQuery: str, /) -> Frame:  # noqa: N803 - Spark's own name
        """Run a query."""


@dataclass(frozen=True)
class Rows:
    """The rows of a query's result."""

    rows: list[tuple[Any, ...]]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows."""
        return self.rows


@dataclass(frozen=True)
class SparkConnection:
    """A `jobs.database.SqlConnection` of a Spark session with `CONFIGURATION`.

    Relations are views of the session; DuckDB's table functions such as ``read_parquet`` do not work.
    """

    session: Session

    def execute(self, query: str, /) -> Rows:
        """Run a query in DuckDB's dialect.

        Raises:
            JobError: when it cannot be translated to Spark's.
        """
        return Rows([tuple(row) for row in self.session.sql(translate(query)).collect()])


def translate(query: str) -> str:
    """A query in DuckDB's dialect, translated to Spark's.

    Raises:
        JobError: when it cannot be translated.
    """
    try:
        tree = sqlglot.parse_one(query, read="duckdb")
        return tree.transform(_discrete).sql(dialect="spark", unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise JobError(f"Spark cannot be asked {query[:80]!r}: {error}") from error


def _discrete(node: exp.Expression) -> exp.Expression:
    """Discrete quantiles in Spark's grammar, with levels that select the same row as in DuckDB.

    Spark multiplies a level with the number of rows in floating point: 0.07 times 100 is slightly more than
    7, so it takes row 8 instead of row 7. With the next smaller double as the level, it takes the same row as
    DuckDB, for any number of rows.
    """
    if not isinstance(node, exp.PercentileDisc):
        return node
    levels = node.expression
    if not isinstance(levels, exp.Array):
        raise JobError(f"Quantiles are asked as a list of levels: {node.sql(dialect='duckdb')}.")
    lower = [_below(float(level.name)) for level in levels.expressions]
    return exp.WithinGroup(
        this=exp.Anonymous(this="PERCENTILE_DISC", expressions=[exp.Array(expressions=lower)]),
        expression=exp.Order(expressions=[exp.Ordered(this=node.this.copy(), nulls_first=True)]),
    )


def _below(level: float) -> exp.Expression:
    return exp.cast(exp.Literal.string(repr(math.nextafter(level, 0.0))), exp.DataType.Type.DOUBLE)
