"""Says in words how rows were divided that do not follow each other in time; for pages and the command line.

It reads the plan's section `split`, or the same in a split's manifest, as JSON.
"""

from collections.abc import Mapping
from typing import Any


def method_text(split: Mapping[str, Any]) -> str:
    """How rows were divided, such as "at random, seed 1"; empty for a split by time."""
    text = _method(split)
    group = split.get("group")
    return f"{text}, groups of {group} together" if text and group else text


def part_texts(split: Mapping[str, Any]) -> dict[str, str]:
    """Which rows each part has, such as "20% of the rows, at random"; empty for a split by time."""
    random, column, prefixes = (split.get(name) or {} for name in ("random", "column", "prefixes"))
    return {
        **{part: f"{100 * share:g}% of the rows, at random" for part, share in _members(random, "shares")},
        **{part: f"{column['name']} is {value}" for part, value in _members(column, "values")},
        **{part: f"files {prefix}*" for part, prefix in prefixes.items()},
    }


def _method(split: Mapping[str, Any]) -> str:
    random, column = split.get("random") or {}, split.get("column") or {}
    if random:
        stratified = f", equal shares of {random['stratify']}" if random.get("stratify") else ""
        shares = "/".join(f"{100 * share:g}" for _, share in _members(random, "shares"))
        return f"at random {shares}, seed {random.get('seed')}{stratified}"
    if column:
        return f"by column {column.get('name')}"
    return "by prefix" if split.get("prefixes") else ""


def _members(section: Mapping[str, Any], name: str) -> list[tuple[str, Any]]:
    return list((section.get(name) or {}).items())
