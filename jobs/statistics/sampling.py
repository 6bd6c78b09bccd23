"""Drawing rows at random, and yet the same ones whenever the rows are the same, whatever their order."""

from collections.abc import Iterable, Sequence

from jobs.database import quote
from jobs.names import internal

_LOT = internal("lot")


def lot(columns: Iterable[str], seed: int) -> str:
    """A number drawn for a row by what it holds, in SQL; the same for rows that hold the same.

    The hash is DuckDB's own, which a run's wheels pin. Hashed together with the columns, seeds would give
    lots that differ by a constant; hashed again, they are independent.
    """
    return _again(f"hash({', '.join(map(quote, columns))})", f"CAST({int(seed)} AS UBIGINT)")


def _again(lot: str, other: str) -> str:
    return f"hash(xor({lot}, {other}))"


def sample_query(relation: str, columns: Iterable[str], *, taken: Sequence[str], rows: int, seed: int) -> str:
    """A query for so many rows of a relation at most, in a random order.

    Each row has the same chance, also where many hold the same: equal rows are counted, and one lot is drawn
    for each of them. Only lots and counts are held for all rows.

    Args:
        relation: a relation in SQL.
        columns: the columns that tell rows apart, those that are taken among them.
        taken: the columns to answer.
    """
    names = list(columns)
    equal = lot(names, seed)
    counted = f"(SELECT {equal}, count(*) FROM {relation} GROUP BY 1) AS counted(lot, copies)"
    each = f"(SELECT lot, unnest(range(copies)) FROM {counted}) AS each(lot, copy)"
    order = _again("lot", "hash(copy)")
    drawn = f"SELECT lot, {order} FROM {each} ORDER BY 2, 1 LIMIT {int(rows)}"
    # Rows of one lot hold the same, so that the least of each column is the row.
    values = ", ".join(f"min({quote(name)}) AS {quote(name)}" for name in taken)
    wanted = f"SELECT *, {equal} AS {_LOT} FROM {relation}"
    query = f"SELECT {_LOT}, {values} FROM ({wanted}) WHERE {_LOT} IN (SELECT lot FROM drawn) GROUP BY {_LOT}"
    answered = ", ".join(f"found.{quote(name)}" for name in taken)
    return (
        f"WITH drawn(lot, place) AS ({drawn}) SELECT {answered} FROM ({query}) AS found "
        f"JOIN drawn ON drawn.lot = found.{_LOT} ORDER BY drawn.place, drawn.lot"
    )
