"""Helpers that build and check the requests of service calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Value = object
"""A plain value, a text with `${Placeholder}`s, or a JSONata expression `{% ... %}`."""


def is_expression(value: object) -> bool:
    """Whether a value is a JSONata expression, whose result is known only at run time."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def present(members: Mapping[str, object]) -> dict[str, object]:
    """The members without those that are None, or an empty list or mapping."""
    return {
        key: value
        for key, value in members.items()
        # In this order for speed: it runs for every member of every task, and most members are set.
        if value or (value is not None and not isinstance(value, (dict, list, tuple)))
    }


def merged(ours: Mapping[str, object], overrides: Mapping[str, object]) -> dict[str, object]:
    """A request with a user's overrides: mappings are merged member by member, other values replaced.

    Raises ValueError for None in the overrides: it would remove a member that was set on purpose.
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
    """The values as texts, for SageMaker's hyperparameters and environment variables.

    Booleans become `true` and `false`, numbers their decimal text. Raises ValueError for other types.
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
    """The tags as the list that the API takes; an expression unchanged, None without tags."""
    if isinstance(tags, str):
        return tags
    return [{"Key": key, "Value": value} for key, value in tags.items()] if tags else None


def check_at_least(minimum: int, **arguments: object) -> None:
    """Raises ValueError for a number below the minimum; texts (known only later) and None pass."""
    for name, value in arguments.items():
        if isinstance(value, (int, float)) and value < minimum:
            raise ValueError(f"{name}={value} must be at least {minimum}.")


def check_s3_uris(**arguments: str | None) -> None:
    """Raises ValueError for a text that is not an `s3://` URI, an expression or a placeholder."""
    for name, value in arguments.items():
        if value is not None and not value.startswith(("s3://", "{%", "${")):
            raise ValueError(f"{name}={value!r} must be an S3 URI; write it as 's3://bucket/prefix/'.")


def check_unique(argument: str, names: Sequence[str]) -> None:
    """Raises ValueError when a name occurs twice."""
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{argument} holds the name {name!r} twice; give each a name of its own.")
