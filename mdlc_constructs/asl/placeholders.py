"""Values known only at deploy time stand in a definition as `${Name}` and are bound by substitution."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

PLACEHOLDER = re.compile(r"\$\{([A-Za-z][A-Za-z0-9_]*)\}")
"""A placeholder. IAM policy variables (`${aws:username}`) and CDK token markers (`${Token[...]}`) do not
match.
"""

PSEUDO_PARAMETERS = frozenset({"Partition", "Region", "Account"})
"""Bound in every stack, so no machine needs to bind them itself."""

# A marker is how CDK writes a value it does not know yet into text: `${Token[TOKEN.11]}`,
# `${Token[AWS.Region.4]}`.
_TOKEN = re.compile(r"\$\{Token\[([A-Za-z0-9:._-]*?)\.?[0-9]+\]\}")
_PSEUDO_TOKENS = {"AWS.Partition": "Partition", "AWS.Region": "Region", "AWS.AccountId": "Account"}
# A list becomes one text `#{Token[...]}`, a number a huge negative one; neither can be substituted into text.
_UNBINDABLE = re.compile(r"#\{Token\[[^\]]*\]\}|-1\.8881545[0-9]*[eE]\+?289")


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


def bind_tokens(text: str) -> tuple[str, Mapping[str, str]]:
    """The text with a generated placeholder for each CDK token marker in it, and what each stands for.

    They are numbered in order of appearance, so that the same text comes out of every synth, whatever numbers
    CDK gave its tokens. Markers of partition, region and account become `${Partition}`, `${Region}` and
    `${Account}`.
    """
    if "${Token[" not in text:
        return text, {}
    names: dict[str, str] = {}

    def name_of(match: re.Match[str]) -> str:
        marker = match[0]
        pseudo = _PSEUDO_TOKENS.get(match[1])
        if pseudo is not None:
            return f"${{{pseudo}}}"
        if marker not in names:
            names[marker] = f"Token{len(names) + 1}"
        return f"${{{names[marker]}}}"

    bound = _TOKEN.sub(name_of, text)
    return bound, {name: marker for marker, name in names.items()}


def unbindable(text: str) -> bool:
    """Whether a CDK token stands in the text as a list or a number, which no substitution can bind."""
    # Looking for the plain text first is ten times as quick, and almost always the end of it.
    return ("#{Token[" in text or "-1.8881545" in text) and _UNBINDABLE.search(text) is not None


def texts_in(value: object) -> Iterator[str]:
    """Every text in a JSON-like value, keys of mappings included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield key
            yield from texts_in(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from texts_in(member)
