"""How large what a state is given is at the least, as Step Functions counts it: UTF-8 bytes of compact JSON.

What is known only when it runs counts as little as it can be, so that nothing is refused which would run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

MAX_DATA_BYTES = 256 * 1024
"""Bytes of a state's input, arguments or result.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

_LATER = re.compile(r"\$\{[^}]*\}")
"""A placeholder or a CDK token's marker in a text."""

_ENCODER = json.JSONEncoder(ensure_ascii=False)


def least_bytes(value: object) -> int:
    """The fewest bytes that a JSON-like value has once its expressions are evaluated and placeholders bound.

    An expression counts one byte, as the shortest value has; a placeholder none.
    """
    if isinstance(value, str):
        if value.startswith("{%"):
            return 1
        return _text_bytes(_LATER.sub("", value) if "${" in value else value)
    if isinstance(value, Mapping):
        return _enclosed(least_bytes(str(key)) + 1 + least_bytes(member) for key, member in value.items())
    if isinstance(value, list | tuple):
        return _enclosed(least_bytes(member) for member in value)
    return len(json.dumps(value))


def _enclosed(sizes: Iterable[int]) -> int:
    """Members with commas between them, in brackets."""
    known = list(sizes)
    return 2 + sum(known) + max(0, len(known) - 1)


def _text_bytes(text: str) -> int:
    # Half a surrogate pair has no UTF-8; it is refused elsewhere.
    return len(_ENCODER.encode(text).encode("utf-8", "replace"))
