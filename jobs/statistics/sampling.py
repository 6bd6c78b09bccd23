"""Reproducible random sampling: equal rows give an equal sample, whatever their order."""

from collections.abc import Iterable, Sequence

from jobs.database import quote
from jobs.names import internal

_LOT = internal("lot")


def lot(columns: Iterable[str], seed: int) -> str:
    """The SQL expression of a row's pseudo-random number: a hash of its values and the seed.

    The hash function is DuckDB's, whose version is pinned by a run's wheels. The seed is applied by hashing
    again: hashed together with the columns, different seeds would give numbers that differ by a constant.
    """
    return _again(f"hash({', '.join(map(quote, columns))})", f"CAST({int(seed)} AS UBIGINT)")


def _again(lot: str, other: str) -> str:
    return f"hash(xor({lot}, {other}))"


def sample_query(relation: str, columns: Iterable[str], *, taken: Sequence[str], rows: int, seed: int) -> str:
    """The SQL query of a random sample of a relation, in random order.

    Each row has the same probability, including duplicates: equal rows are counted, and each copy gets its
    own random number. Only these numbers and counts are in memory for all rows.

    Args:
        relation: an SQL relation.
        columns: the columns that identify a row; they include ``taken``.
        taken: the columns to return.
        rows: the maximum number of rows.
    """
    names = list(columns)
    equal = lot(names, seed)
    counted = f"(SELECT {equal}, count(*) FROM {relation} GROUP BY 1) AS counted(lot, copies)"
    each = f"(SELECT lot, unnest(range(copies)) FROM {counted}) AS each(lot, copy)"
    order = _again("lot", "hash(copy)")
    drawn = f"SELECT lot, {order} FROM {each} ORDER BY 2, 1 LIMIT {int(rows)}"
    # Rows with one hash are equal, so the minimum of each column is its value.
    values = ", ".join(f"min({quote(name)}) AS {quote(name)}" for name in taken)
    wanted = f"SELECT *, {equal} AS {_LOT} FROM {relation}"
    query = f"SELECT {_LOT}, {values} FROM ({wanted}) WHERE {_LOT} IN (SELECT lot FROM drawn) GROUP BY {_LOT}"
    answered = ", ".join(f"found.{quote(name)}" for name in taken)
    return (
        f"WITH drawn(lot, place) AS ({drawn}) SELECT {answered} FROM ({query}) AS found "
        f"JOIN drawn ON drawn.lot = found.{_LOT} ORDER BY drawn.place, drawn.lot"
    )
