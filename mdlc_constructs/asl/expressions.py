"""Finds the JSONata expressions in a definition and parses them, so that errors show before deployment."""

from __future__ import annotations

import json
import re
from functools import lru_cache

from mdlc_constructs.asl.placeholders import PLACEHOLDER

# A JSON string whose content starts with `{%`; the closing `%}` is checked later.
_IN_DEFINITION = re.compile(r'"\{%[^"\\]*(?:\\.[^"\\]*)*"')


def expressions_in(definition: str) -> frozenset[str]:
    """All strings of a definition that start with `{%`, as JSONata expressions do."""
    return frozenset(_decoded(text) for text in _IN_DEFINITION.findall(definition))


@lru_cache(maxsize=16384)
def _decoded(text: str) -> str:
    decoded: str = json.loads(text)
    return decoded


@lru_cache(maxsize=16384)
def flaw(expression: str) -> str | None:
    """The error in an expression `{% ... %}`, or None. Results are cached, because parsing is slow."""
    if not expression.endswith("%}"):
        return "starts with '{%' but does not end with '%}'"
    text = expression[2:-2]
    message = _parse(text)
    if message is None:
        return None
    # Placeholders are substituted before AWS parses the text, and are always valid inside a string literal.
    # If the text parses with a number instead of the placeholder, the placeholder is outside a literal.
    if PLACEHOLDER.search(text) and _parse(PLACEHOLDER.sub("0", text)) is None:
        names = ", ".join(f"${{{name}}}" for name in PLACEHOLDER.findall(text))
        return (
            f"has a placeholder outside a string literal; write {names} inside quotes, "
            "with $number() around where a number is meant"
        )
    return f"is no valid JSONata: {message}"


def _parse(text: str) -> str | None:
    # Imported on first use: the import takes 0.1 s, which a process without checks should not need.
    from jsonata import Jsonata
    from jsonata.jexception import JException

    try:
        Jsonata(text)
    except (JException, IndexError, AttributeError, TypeError, ValueError, RecursionError) as error:
        return str(error) or type(error).__name__
    return None
