"""Requests of service calls: optional members left out, a user's members merged over ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Value = object
"""A plain value, a text with `${Placeholder}`s, or a JSONata text `{% ... %}`."""


def is_expression(value: object) -> bool:
    """Whether a value is a JSONata expression, known only when the machine runs."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def present(members: Mapping[str, object]) -> dict[str, object]:
    """The members that are set: those that are None, or an empty list or mapping, are left out."""
    return {
        key: value
        for key, value in members.items()
        # Asked in this order because most members are set, and this is asked of every member of every task.
        if value or (value is not None and not isinstance(value, (dict, list, tuple)))
    }


def merged(ours: Mapping[str, object], overrides: Mapping[str, object]) -> dict[str, object]:
    """A user's members over ours: mappings are merged member by member, everything else is replaced.

    Raises ValueError for a None, which would wipe a member that was set on purpose.
    """
    if not overrides:
        return dict(ours)
    result = dict(ours)
    for key, value in overrides.items():
        if value is None:
            raise ValueError(f"overrides sets {key!r} to None; leave it out, or give the value you want.")
        before = result.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            result[key] = merged(before, value)
        else:
            result[key] = value
    return result


def texts(values: Mapping[str, object] | None) -> dict[str, str] | None:
    """Values as the texts that SageMaker's hyperparameters and environment variables are made of.

    Booleans become `true` and `false`, numbers their decimal text. Raises ValueError for anything else.
    """
    if values is None:
        return None
    return {key: _text(key, value) for key, value in values.items()}


def _text(key: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    raise ValueError(f"{key}={value!r} must be a text, a number or a boolean.")


Tags = Mapping[str, str] | str
"""Tags by key, or an expression for a list of `{"Key": ..., "Value": ...}`."""


def tag_list(tags: Tags | None) -> list[dict[str, str]] | str | None:
    """Tags in the shape of the API."""
    if isinstance(tags, str):
        return tags
    return [{"Key": key, "Value": value} for key, value in tags.items()] if tags else None


def check_at_least(minimum: int, **arguments: object) -> None:
    """Raises ValueError for an argument below the minimum; texts and None are known only later, so they
    pass.
    """
    for name, value in arguments.items():
        if isinstance(value, (int, float)) and value < minimum:
            raise ValueError(f"{name}={value} must be at least {minimum}.")


def check_s3_uris(**arguments: str | None) -> None:
    """Raises ValueError for a URI that is neither an `s3://` URI nor known only later."""
    for name, value in arguments.items():
        if value is not None and not value.startswith(("s3://", "{%", "${")):
            raise ValueError(f"{name}={value!r} must be an S3 URI; write it as 's3://bucket/prefix/'.")


def check_unique(argument: str, names: Sequence[str]) -> None:
    """Raises ValueError when a name occurs twice."""
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{argument} holds the name {name!r} twice; give each a name of its own.")
