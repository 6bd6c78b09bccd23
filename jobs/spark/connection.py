"""A Spark session that answers the data jobs' SQL, which is written for DuckDB.

Each query is translated when it is asked, so that there is one text of it. Where the engines mean different
things by the same words, the translation says it so that they mean the same; what remains is listed in
docs/engines.md.
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
"""What a session must be set to for the same answers."""


class Frame(Protocol):
    """What of a Spark DataFrame is needed."""

    def collect(self) -> Sequence[Sequence[Any]]:
        """All rows."""


class Session(Protocol):
    """What of a Spark session is needed."""

    def sql(self, sqlQuery: str, /) -> Frame:  # noqa: N803 - Spark's own name
        """Ask a query."""


@dataclass(frozen=True)
class Rows:
    """An answer, fetched."""

    rows: list[tuple[Any, ...]]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows."""
        return self.rows


@dataclass(frozen=True)
class SparkConnection:
    """What `jobs.database.SqlConnection` asks for, by a session with `CONFIGURATION`.

    Relations are views of the session; table functions such as ``read_parquet`` are DuckDB's alone.
    """

    session: Session

    def execute(self, query: str, /) -> Rows:
        """Ask a query in DuckDB's dialect.

        Raises:
            JobError: when it cannot be said in Spark's.
        """
        return Rows([tuple(row) for row in self.session.sql(translate(query)).collect()])


def translate(query: str) -> str:
    """A query of DuckDB's dialect in Spark's.

    Raises:
        JobError: when it cannot be said there.
    """
    try:
        tree = sqlglot.parse_one(query, read="duckdb")
        return tree.transform(_discrete).sql(dialect="spark", unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise JobError(f"Spark cannot be asked {query[:80]!r}: {error}") from error


def _discrete(node: exp.Expression) -> exp.Expression:
    """Quantiles that are values of rows, as Spark's grammar has them.

    Spark multiplies a level with the number of rows in binary, and 0.07 times 100 is a little more than 7
    there: the eighth row instead of the seventh. A level that is one step of a double smaller gives the same
    row as DuckDB's exact one, whatever the number of rows.
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
