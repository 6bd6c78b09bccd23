"""A state's body: the JSON object that the Amazon States Language spells it with."""

from __future__ import annotations

from collections.abc import Mapping

Body = dict[str, object]


def put(body: Body, **members: object) -> None:
    """Adds the members that are set (not None), in the order given."""
    for name, value in members.items():
        if value is not None:
            body[name] = value


def plain(value: Mapping[str, object] | str | None) -> Body | str | None:
    """A mapping as the dict that JSON takes; texts and None as they are."""
    return value if value is None or isinstance(value, (str, dict)) else dict(value)
