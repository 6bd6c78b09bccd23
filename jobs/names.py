"""Names of columns: which of them are ours, and what ours are called beside a user's.

A user may call a column anything that a data set accepts: ``k``, ``_label``, ``select``. So that no name of
ours is ever one of theirs, there are two rules for all SQL of the jobs:

1. Beside a user's columns, in a relation or in a query over one, what we name is named by `internal`: it
   begins with a control character, and data sets refuse those in names.
   Or it is named from outside, by the column list of a subquery: ``AS t(value, rows)``.
2. In files for people and other programs our names are plain words; `beside` finds names for the user's
   columns, or `free` one for ours.

Queries over nothing of a user's (scores, keys, counts by name) name their columns plainly.
"""

from collections.abc import Iterable

from jobs.database import quote
from jobs.errors import InputError

_MARK = "\x01"


def internal(name: str) -> str:
    """A name of ours as an SQL identifier that no column of a user's can have."""
    return quote(_MARK + name)


FILE = internal("file")
PROBLEMS = internal("problems")
REWRITTEN = internal("rewritten")
"""What `jobs.reading` adds to rows: the file's name, notes on values that do not fit, and the places of texts
that are now written in their one way.
"""

LABEL = internal("label")
"""The label as a number."""

FAULT, LINE = internal("fault"), internal("line")
INFERENCE_ID, SERVED_AT = internal("inference_id"), internal("served_at")
SCORE, VERSION = internal("score"), internal("version")
ONCE, PLACE = internal("once"), internal("place")
ROW_KEY, ENTITY, EVENT_TIME = internal("row_key"), internal("entity"), internal("event_time")
DELAY, KNOWN = internal("delay"), internal("known")
"""What `jobs.monitoring.rows` and `jobs.monitoring.labels` add to served rows."""

KEY, NTH = internal("key"), internal("nth")


def at_place(place: int) -> str:
    """What staged files call the user's column at a place: its own name may be one that DuckDB adds."""
    return internal(f"column{place}")


def refuse_equal(columns: Iterable[str]) -> None:
    """See that no two columns have one name.

    Raises:
        InputError: when two differ by case alone, which SQL does not see.
    """
    folded: dict[str, str] = {}
    for name in columns:
        other = folded.setdefault(name.lower(), name)
        if other != name:
            raise InputError(
                f"The columns {other!r} and {name!r} differ only by case, which SQL does not see, as the "
                "data set's name and the package's: call it as the package does, or train anew."
            )


def beside(names: Iterable[str], ours: Iterable[str], prefix: str) -> dict[str, str]:
    """What a user's columns are called in a file that begins with columns of ours.

    One that is called as one of ours, in whatever case, has the prefix, as often as it takes to be like no
    other.

    Returns:
        the columns in their order, each with its name in the file.
    """
    columns = list(names)
    taken = {name.lower() for name in ours}
    kept = {name.lower() for name in columns} - taken
    aliases = {}
    for name in columns:
        alias = name
        while alias.lower() in taken or (alias != name and alias.lower() in kept):
            alias = prefix + alias
        taken.add(alias.lower())
        aliases[name] = alias
    return aliases


def free(name: str, columns: Iterable[str]) -> str:
    """A name of ours beside a user's columns: with underscores behind it until it is none of theirs."""
    taken = {column.lower() for column in columns}
    while name.lower() in taken:
        name += "_"
    return name
