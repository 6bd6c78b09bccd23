"""Reports columns of served rows that the data set does not declare, and so the model does not use."""

from collections.abc import Collection, Mapping, Sequence

import duckdb

from jobs.names import LINE, VERSION

MAX_NAMED, MAX_CHARACTERS = 10, 60
"""Maximum number of names in a note, and of characters in a name: callers can send names without limits."""


def in_requests(
    connection: duckdb.DuckDBPyConnection, version: int, declared: Collection[str]
) -> dict[str, int]:
    """The undeclared keys of the requests in the view ``served``, to the number of rows that have them."""
    counted = connection.execute(
        f"SELECT keys, count(*) FROM (SELECT json_keys({LINE}) FROM served WHERE {VERSION} = {version}) "
        "AS lines(keys) WHERE keys IS NOT NULL GROUP BY 1"
    ).fetchall()
    counts: dict[str, int] = {}
    for keys, rows in counted:
        for name in set(keys) - set(declared):
            counts[name] = counts.get(name, 0) + int(rows)
    return counts


def in_headers(headers: Sequence[Sequence[str]], declared: Collection[str]) -> dict[str, int]:
    """The undeclared columns of files, to the number of files that have them."""
    counts: dict[str, int] = {}
    for header in headers:
        for name in set(header) - set(declared):
            counts[name] = counts.get(name, 0) + 1
    return counts


def note(counts: Mapping[str, int], unit: str) -> list[str]:
    """A sentence that names the columns, the most frequent first; empty without columns.

    Args:
        unit: the counted unit: "row" or "file".
    """
    if not counts:
        return []
    names = sorted(counts, key=lambda name: (-counts[name], name))
    listed = ", ".join(_cut(name) for name in names[:MAX_NAMED])
    more = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
    most = f"{counts[names[0]]:,} {unit}{'' if counts[names[0]] == 1 else 's'}"
    return [
        f"New columns that the data set does not declare, in up to {most}: "
        f"{listed}{more}. The model does not use them: declare them and train anew, or leave them out."
    ]


def _cut(name: str) -> str:
    return repr(name if len(name) <= MAX_CHARACTERS else name[: MAX_CHARACTERS - 1] + "…")
