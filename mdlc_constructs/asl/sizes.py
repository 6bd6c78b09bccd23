"""The minimum size of a state's data as Step Functions counts it: UTF-8 bytes of compact JSON.

Values that are known only at run time count with their minimum, so that no machine that would run is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

MAX_DATA_BYTES = 256 * 1024
"""The maximum size in bytes of a state's input, arguments or result.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

_LATER = re.compile(r"\$\{[^}]*\}")
"""A placeholder or a CDK token in a text."""

_ENCODER = json.JSONEncoder(ensure_ascii=False)


def least_bytes(value: object) -> int:
    """The minimum size in bytes of a JSON-like value when its expressions and placeholders have values.

    An expression counts one byte, like the shortest JSON value; a placeholder counts none.
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
    """The size of members of these sizes, with commas and brackets."""
    known = list(sizes)
    return 2 + sum(known) + max(0, len(known) - 1)


def _text_bytes(text: str) -> int:
    # A lone surrogate cannot be encoded in UTF-8; another check refuses it.
    return len(_ENCODER.encode(text).encode("utf-8", "replace"))
