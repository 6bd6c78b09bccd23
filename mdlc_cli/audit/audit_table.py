"""The audit items of executions as a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from mdlc_client.audit import Item, parsed

COLUMNS = ("started_at", "model", "workflow", "outcome", "error", "version", "run", "trigger", "reason")
"""The columns of the table, in this order; ``--json`` shows all attributes."""


def rows(items: Sequence[Item]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Column names and rows for a table, with those of `COLUMNS` that any item has."""
    shortened = [{**item, **_derived(item)} for item in items]
    columns = tuple(name for name in COLUMNS if any(item.get(name) not in (None, "") for item in shortened))
    return columns, [tuple(shown(item.get(name)) for name in columns) for item in shortened]


def shown(value: object) -> str:
    """A value as a table cell."""
    if value is None:
        return ""
    return json.dumps(value, default=str) if isinstance(value, Mapping | list) else str(value)


def _derived(item: Item) -> Item:
    """Attributes that the table shows in a shorter form: the start in seconds and the package's version.

    For a retraining, the triggers that it coalesced replace the trigger in its own input.
    """
    version = item.get("version") or str(item.get("package_arn", "")).rpartition("/")[2]
    shorter = {"started_at": str(item.get("started_at", ""))[:19].replace("T", " "), "version": version}
    triggers = parsed(item.get("triggers"))
    if isinstance(triggers, list) and triggers:
        shorter["trigger"] = "+".join(sorted({str(trigger["trigger"]) for trigger in triggers}))
        shorter["reason"] = "; ".join(dict.fromkeys(str(trigger["reason"]) for trigger in triggers))
    return shorter
