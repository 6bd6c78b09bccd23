"""Names of internal columns, which never collide with a user's column names.

A user's column may have any name that a data set accepts: ``k``, ``_label``, ``select``. To avoid collisions,
all SQL of the jobs follows two rules:

1. In a relation with a user's columns, and in a query over one, internal names come from `internal`: they
   begin with a control character, which data sets refuse in names. Or they are in the column list of a
   subquery: ``AS t(value, rows)``.
2. In files for people and other programs, internal names are plain words; `beside` renames the user's columns
   where needed, or `free` renames ours.

Queries without a user's columns (of scores, keys, counts by name) use plain names.
"""

from collections.abc import Iterable

from jobs.database import quote
from jobs.errors import InputError

_MARK = "\x01"


def internal(name: str) -> str:
    """An internal name as an SQL identifier that no user's column can have."""
    return quote(_MARK + name)


FILE = internal("file")
PROBLEMS = internal("problems")
REWRITTEN = internal("rewritten")
"""The columns that `jobs.reading` adds: the file's name, notes on values that do not fit, and the indexes of
the columns whose text was replaced by its canonical form.
"""

FILE_ROW = internal("file_row")
"""A row's number in its file, from 1, which `jobs.reading` adds for data without a row key."""

LABEL = internal("label")
"""The label as a number."""

PART, PART_TIME = internal("part"), internal("part_time")
"""The part of the split, and the time by which a row is divided (`jobs.dividing`)."""

FAULT, LINE = internal("fault"), internal("line")
INFERENCE_ID, SERVED_AT = internal("inference_id"), internal("served_at")
SCORE, VERSION = internal("score"), internal("version")
ANSWER = internal("answer")
"""All numbers of an answer, a list of DOUBLE; NULL where an answer is one number, which is the score."""

ONCE, PLACE = internal("once"), internal("place")
ROW_KEY, ENTITY, EVENT_TIME = internal("row_key"), internal("entity"), internal("event_time")
DELAY, KNOWN = internal("delay"), internal("known")
"""The columns that `jobs.monitoring.rows` and `jobs.monitoring.labels` add to served rows."""

KEY, NTH = internal("key"), internal("nth")


def at_place(place: int) -> str:
    """The name of a user's column in staged files, by index: its own name may be one that DuckDB adds."""
    return internal(f"column{place}")


def refuse_equal(columns: Iterable[str]) -> None:
    """Check that no two column names differ only by case, which SQL ignores.

    Raises:
        InputError: when two do.
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
    """The names of a user's columns in a file that begins with our columns.

    A column whose name collides with one of ours (ignoring case) gets the prefix, repeated until the name is
    unique.

    Returns:
        The columns in order, each to its name in the file.
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
    """An internal name that is no user's column: underscores are appended until it is unique."""
    taken = {column.lower() for column in columns}
    while name.lower() in taken:
        name += "_"
    return name
