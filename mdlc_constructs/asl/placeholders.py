"""Placeholders: `${Name}` in a definition, replaced at deployment by a value that is not known before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

PLACEHOLDER = re.compile(r"\$\{([A-Za-z][A-Za-z0-9_]*)\}")
"""A placeholder. IAM policy variables (`${aws:username}`) and CDK token markers (`${Token[...]}`) do not
match.
"""

PSEUDO_PARAMETERS = frozenset({"Partition", "Region", "Account"})
"""Placeholders that every stack binds, so that no machine needs to."""

# CDK's marker in a text for a value not known yet: `${Token[TOKEN.11]}`, `${Token[AWS.Region.4]}`.
_TOKEN = re.compile(r"\$\{Token\[([A-Za-z0-9:._-]*?)\.?[0-9]+\]\}")
_PSEUDO_TOKENS = {"AWS.Partition": "Partition", "AWS.Region": "Region", "AWS.AccountId": "Account"}
# A list token is a text `#{Token[...]}`, a number token a huge negative number; they cannot be substituted.
_UNBINDABLE = re.compile(r"#\{Token\[[^\]]*\]\}|-1\.8881545[0-9]*[eE]\+?289")


def placeholder(name: str) -> str:
    """The placeholder text for a name. Raises ValueError for a name that CloudFormation would refuse."""
    text = f"${{{name}}}"
    if not PLACEHOLDER.fullmatch(text):
        raise ValueError(
            f"name={name!r} is no placeholder name; use letters, digits and _ after a first letter."
        )
    return text


def names_in(text: str) -> frozenset[str]:
    """The names of all placeholders in a text."""
    return frozenset(PLACEHOLDER.findall(text)) if "${" in text else frozenset()


def bind_tokens(text: str) -> tuple[str, Mapping[str, str]]:
    """The text with a generated placeholder for each CDK token in it, and the tokens by placeholder name.

    The placeholders are numbered in order of appearance, so that every synth gives the same text, although
    CDK's own numbers differ. Tokens of partition, region and account become `${Partition}`, `${Region}` and
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
    """Whether the text contains a CDK token for a list or a number, which cannot be substituted."""
    # The search for plain text is ten times as fast as the pattern, and almost always finds nothing.
    return ("#{Token[" in text or "-1.8881545" in text) and _UNBINDABLE.search(text) is not None


def texts_in(value: object) -> Iterator[str]:
    """Every text in a JSON-like value, including the keys of mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield key
            yield from texts_in(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from texts_in(member)
