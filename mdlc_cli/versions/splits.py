"""Writes how a training divided its rows, and intervals and moments of time, as text. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mdlc_constructs.settings.payloads import split_text

PARTS = ("train", "validation", "holdout")
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d)(?P<seconds>:\d\d)?(?:\.\d+)?(?P<zone>Z|\+00:00)?"
)


def sentence(split: Mapping[str, Any], resolved: Mapping[str, Any] | None = None) -> str:
    """A split in one line, such as ``by fractions 70/15/15: train until 2013-09-01 (1,981 rows); ...``.

    Args:
        split: the plan's section `split`.
        resolved: the split's ``manifest.json``, with the intervals that fractions gave and the rows of each
            part; empty when it cannot be read.
    """
    described = parts(split, resolved)
    return ": ".join(
        filter(None, (method(split), "; ".join(f"{name} {text}" for name, text in described.items())))
    )


def method(split: Mapping[str, Any]) -> str:
    """How rows were divided, such as ``by fractions 70/15/15``; empty when it is not known."""
    group = split.get("group")
    together = f", groups of {group} together" if group else ""
    otherwise = split_text.method_text(split)
    if otherwise:
        return otherwise
    fractions = _fractions(split)
    if fractions:
        shares = "/".join(f"{100 * fractions[name]:g}" for name in PARTS if name in fractions)
        return f"by fractions {shares}{together}"
    return f"by time{together}" if any(_interval_of(split, name) for name in PARTS) else ""


def parts(split: Mapping[str, Any], resolved: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Each part of a split with its interval of time and its rows, as text; without an interval, its share.

    Args:
        split: as in `sentence`.
        resolved: as in `sentence`.
    """
    shares, known = _fractions(split), resolved or {}
    otherwise = split_text.part_texts(split)
    described: dict[str, str] = {}
    for name in PARTS:
        text = interval((known.get("intervals") or {}).get(name)) or interval(_interval_of(split, name))
        if not text and name in shares:
            text = f"{100 * shares[name]:g}% of the rows"
        text = text or otherwise.get(name, "")
        rows = (known.get("rows") or {}).get(name)
        if isinstance(rows, int):
            text = f"{text} ({rows:,} rows)" if text else f"{rows:,} rows"
        if text:
            described[name] = text
    return described


def interval(value: Any) -> str:
    """An interval of time as text; empty for one that has neither a start nor an end."""
    if not isinstance(value, Mapping) or not any(value.values()):
        return ""
    start, end = (day(value.get(name)) for name in ("start", "end"))
    if start and end:
        return f"{start} to {end}"
    return f"from {start}" if start else f"until {end}"


def day(text: Any) -> str:
    """A moment of data as short as it can be written: ``2013-09-01``, or ``2013-09-01 10:30``."""
    match = _MOMENT.fullmatch(str(text or ""))
    if match is None:
        return str(text or "")
    seconds = "" if match["seconds"] in (None, ":00") else match["seconds"]
    time = "" if match["time"] == "00:00" and not seconds else f" {match['time']}{seconds}"
    return f"{match['day']}{time}"


def moment(text: Any) -> str:
    """When something happened: ``2026-01-01 00:30:00 UTC``; another text stays as it is."""
    match = _MOMENT.fullmatch(str(text or ""))
    if match is None:
        return str(text or "")
    return f"{match['day']} {match['time']}{match['seconds'] or ':00'} UTC"


def _fractions(split: Mapping[str, Any]) -> dict[str, float]:
    fractions = split.get("fractions")
    if not isinstance(fractions, Mapping):
        return {}
    return {str(name): float(share) for name, share in fractions.items() if isinstance(share, int | float)}


def _interval_of(split: Mapping[str, Any], name: str) -> Any:
    """A part's interval; plans of earlier releases have the parts outside of `intervals`."""
    intervals = split.get("intervals")
    return (intervals.get(name) if isinstance(intervals, Mapping) else None) or split.get(name)
