"""Values known only at deploy time stand in a definition as `${Name}` and are bound by substitution."""

from __future__ import annotations

import re
from collections.abc import Iterator

PLACEHOLDER = re.compile(r"\$\{([A-Za-z][A-Za-z0-9_]*)\}")
"""A placeholder. IAM policy variables (`${aws:username}`) and CDK token markers (`${Token[...]}`) do not
match.
"""

PSEUDO_PARAMETERS = frozenset({"Partition", "Region", "Account"})
"""Bound in every stack, so no machine needs to bind them itself."""


def placeholder(name: str) -> str:
    """The text that stands for the value bound under `name`. Raises ValueError for a name CloudFormation
    refuses.
    """
    text = f"${{{name}}}"
    if not PLACEHOLDER.fullmatch(text):
        raise ValueError(
            f"name={name!r} is no placeholder name; use letters, digits and _ after a first letter."
        )
    return text


def names_in(text: str) -> frozenset[str]:
    """Names of all placeholders in a text."""
    return frozenset(PLACEHOLDER.findall(text)) if "${" in text else frozenset()


def texts_in(value: object) -> Iterator[str]:
    """Every text in a JSON-like value, keys of mappings included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from texts_in(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from texts_in(member)
