"""Names in messages: the first ones, and how many more there are."""

from collections.abc import Sequence

MAX_NAMED = 5


def listed(names: Sequence[object]) -> str:
    """Names in quotes, not all of very many."""
    shown = ", ".join(repr(str(name)) for name in names[:MAX_NAMED])
    return f"{shown} and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else shown
