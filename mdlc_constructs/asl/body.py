"""A state's body: its JSON object in the Amazon States Language."""

from __future__ import annotations

from collections.abc import Mapping

Body = dict[str, object]


def put(body: Body, **members: object) -> None:
    """Adds the members that are not None to the body, in order."""
    for name, value in members.items():
        if value is not None:
            body[name] = value


def plain(value: Mapping[str, object] | str | None) -> Body | str | None:
    """A mapping as a dict, for JSON; texts and None unchanged."""
    return value if value is None or isinstance(value, (str, dict)) else dict(value)
