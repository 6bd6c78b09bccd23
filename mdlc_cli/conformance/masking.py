"""Replaces in answers what differs between two runs or must not be sent: accounts, regions, names, ids."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)
_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_REQUEST = re.compile(r"(Request ID|RequestId|Extended Request ID): [^,;)\s]+")
_KEY = re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b")
_REGION = re.compile(r"\b(?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-gov)?-[a-z]+-\d\b")


def masked(value: Any, names: Iterable[tuple[str, str]] = ()) -> Any:
    """A copy of JSON values in which texts have no account, region, id, time, and none of the `names`.

    Args:
        value: plain JSON values.
        names: pairs of a text and what takes its place, such as a resource's generated name.
    """
    pairs = sorted(((text, mask) for text, mask in names if text), key=lambda pair: -len(pair[0]))
    return _masked(value, pairs)


def _masked(value: Any, pairs: list[tuple[str, str]]) -> Any:
    if isinstance(value, dict):
        return {_text(str(key), pairs): _masked(item, pairs) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item, pairs) for item in value]
    return _text(value, pairs) if isinstance(value, str) else value


def _text(text: str, pairs: list[tuple[str, str]]) -> str:
    for name, mask in pairs:
        text = text.replace(name, mask)
    text = _REQUEST.sub(r"\1: <id>", text)
    text = _UUID.sub("<uuid>", text)
    text = _TIME.sub("<time>", text)
    text = _KEY.sub("<key>", text)
    return _REGION.sub("<region>", _ACCOUNT.sub("<account>", text))
