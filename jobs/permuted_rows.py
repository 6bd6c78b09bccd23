"""Records for permutation importance: a sample of the holdout in which one raw column at a time is permuted.

The features job writes them beside the holdout's records, so that the same transform job scores both. Raw
columns are permuted, not encoded ones: a column that is several features (a time's hour and weekday) is
permuted as one. Sample and permutations follow from the seed and the number of rows.

Source: Breiman (2001), Random forests, section 10.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from jobs.database import copy_to, literal, quote
from jobs.names import internal
from jobs.records import record_format, write_records
from jobs.serving.program import Program

RECORDS, INDEX = "importance", "importance.parquet"
"""The stem of the file of records, whose ending is that of their format; and the file of their index."""
MAX_REPEATS = 5
MIN_ROWS = 30
"""The fewest rows of a sample; a metric of fewer says nothing."""

_ROW, _PLACE, _GROUP = internal("row"), internal("place"), internal("group")
_COLUMN, _REPEAT, _NUMBER = internal("column"), internal("repeat"), internal("number")


@dataclass(frozen=True, kw_only=True)
class Size:
    """The number of rows of the sample, and how often each column is permuted in it."""

    rows: int
    repeats: int


def sample_size(*, columns: int, holdout: int, rows: int) -> Size | None:
    """The largest sample for a number of records; None when it would be too small to say anything.

    More rows are better than permuting the same rows again, so a column is permuted repeatedly only when the
    sample is the whole holdout.

    Args:
        columns: the number of raw columns.
        holdout: the number of the holdout's rows.
        rows: the maximum number of records.
    """
    sampled = min(holdout, rows // columns) if columns else 0
    if sampled < MIN_ROWS:
        return None
    return Size(rows=sampled, repeats=min(MAX_REPEATS, rows // (columns * sampled)))


def write(
    connection: duckdb.DuckDBPyConnection,
    program: Program,
    relation: str,
    *,
    order: str,
    size: Size,
    seed: int,
    records: Path,
    index: Path,
    group: str | None = None,
) -> None:
    """Write the permuted records and their index.

    Args:
        relation: the holdout's rows.
        order: the ORDER BY expression by which the holdout's records are ordered.
        records: the file of records, without a header.
        index: the file that says of each record, in order, the permuted ``column``, the ``repeat``, and the
            number of the holdout's ``row`` (from 0).
        group: the SQL expression of the group of a row; rows of a group are then sampled together.
    """
    names = list(program.columns)
    columns = ", ".join(f"raw.{quote(name)}" for name in names)
    lot = f"hash({_GROUP}, {int(seed)})"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE sampled AS SELECT *, row_number() OVER (ORDER BY {lot}, {_ROW}) - 1 "
        f"AS {_PLACE} FROM (SELECT {columns}, row_number() OVER (ORDER BY {order}) - 1 AS {_ROW}, "
        f"{group or _ROW} AS {_GROUP} FROM {quote(relation)} AS raw) ORDER BY {lot}, {_ROW} LIMIT {size.rows}"
    )
    # Each row of the sample gets the value of another one: `donor` is a permutation of the places.
    drawn = (
        "SELECT number, repeat, place, row_number() OVER (PARTITION BY number, repeat "
        f"ORDER BY hash(place, number, repeat, {int(seed)}), place) - 1 AS donor "
        f"FROM range({len(names)}) AS c(number), range({size.repeats}) AS r(repeat), "
        f"range({size.rows}) AS p(place)"
    )
    values = ", ".join(
        f"CASE WHEN drawn.number = {number} THEN donor.{quote(name)} ELSE own.{quote(name)} END "
        f"AS {quote(name)}"
        for number, name in enumerate(names)
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE permuted AS SELECT {values}, drawn.number AS {_NUMBER}, "
        f"drawn.repeat AS {_REPEAT}, own.{_PLACE} AS {_PLACE}, own.{_ROW} AS {_ROW} FROM ({drawn}) AS drawn "
        f"JOIN sampled AS own ON own.{_PLACE} = drawn.place "
        f"JOIN sampled AS donor ON donor.{_PLACE} = drawn.donor"
    )
    in_order = ", ".join(f"raw.{name}" for name in (_NUMBER, _REPEAT, _PLACE))
    kind = record_format(program.records)
    write_records(connection, program, "permuted", records, kind=kind, order=in_order)
    named = ", ".join(f"({number}, {literal(name)})" for number, name in enumerate(names))
    copy_to(
        connection,
        f'SELECT named.name AS "column", raw.{_REPEAT} AS "repeat", raw.{_ROW} AS "row" FROM permuted AS raw '
        f"JOIN (VALUES {named}) AS named(number, name) ON named.number = raw.{_NUMBER} ORDER BY {in_order}",
        index,
    )
