"""JSONata expressions: found in a definition, and parsed before AWS does it."""

from __future__ import annotations

import json
import re
from functools import lru_cache

from mdlc_constructs.asl.placeholders import PLACEHOLDER

# A JSON text whose content starts as an expression does; the closing `%}` is looked at later.
_IN_DEFINITION = re.compile(r'"\{%[^"\\]*(?:\\.[^"\\]*)*"')


def expressions_in(definition: str) -> frozenset[str]:
    """Every JSON text of a definition that starts as a JSONata expression does."""
    return frozenset(_decoded(text) for text in _IN_DEFINITION.findall(definition))


@lru_cache(maxsize=16384)
def _decoded(text: str) -> str:
    decoded: str = json.loads(text)
    return decoded


@lru_cache(maxsize=16384)
def flaw(expression: str) -> str | None:
    """What is wrong with an expression `{% ... %}`, or None. The result is kept by text: parsing is slow."""
    if not expression.endswith("%}"):
        return "starts with '{%' but does not end with '%}'"
    text = expression[2:-2]
    message = _parse(text)
    if message is None:
        return None
    # Placeholders are substituted before AWS parses the text, so one may stand in a string literal only:
    # there it is always legal. If the text parses with a number in its place, its place was the mistake.
    if PLACEHOLDER.search(text) and _parse(PLACEHOLDER.sub("0", text)) is None:
        names = ", ".join(f"${{{name}}}" for name in PLACEHOLDER.findall(text))
        return (
            f"has a placeholder outside a string literal; write {names} inside quotes, "
            "with $number() around where a number is meant"
        )
    return f"is no valid JSONata: {message}"


def _parse(text: str) -> str | None:
    # Imported late: it costs 0.1 s, which a process that checks nothing need not pay.
    from jsonata import Jsonata
    from jsonata.jexception import JException

    try:
        Jsonata(text)
    except (JException, IndexError, AttributeError, TypeError, ValueError, RecursionError) as error:
        return str(error) or type(error).__name__
    return None
