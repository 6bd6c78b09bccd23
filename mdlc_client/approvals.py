"""The items of the audit table that say who approved or rejected a version, when and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mdlc_client.audit import Item

PREFIX = "APPROVAL#"
APPROVED, REJECTED, EXPIRED, PENDING = "Approved", "Rejected", "Expired", "PendingManualApproval"
"""Decisions of the items, and the registry's statuses; a version whose time is over is Rejected there."""
WAITING_PREFIX = "WAITING#approval#"
"""Begins the sort key of a retraining that waits for a decision; the execution's name follows."""


def key_of(version: int) -> str:
    """The sort key of a version's decision."""
    return f"{PREFIX}{version}"


def decision_of(items: Iterable[Item], version: int) -> Item:
    """The item of a version's decision, empty when nobody has decided with a command or in time."""
    return next((item for item in items if item["sk"] == key_of(version)), {})


def standing(item: Item, status: str) -> Item:
    """The decision when the registry has its status, else empty: another one was made elsewhere since."""
    decided = REJECTED if item.get("decision") == EXPIRED else item.get("decision")
    return item if item and decided == status else {}


def sentence(item: Item) -> str:
    """Who decided, when and why, such as ``approved by user/ada on 2026-01-01 12:00: good``; may be empty."""
    if not item:
        return ""
    at, reason = str(item.get("decided_at", ""))[:16].replace("T", " "), str(item.get("reason", ""))
    if item.get("decision") == EXPIRED:
        return f"expired on {at}: nobody decided in time"
    verb = "approved" if item.get("decision") == APPROVED else "rejected"
    return f"{verb} by {who(item)} on {at}{f': {reason}' if reason else ''}"


def who(item: Mapping[str, object]) -> str:
    """The name at the end of the ARN of who decided: a user's, or a role's with its session's."""
    return str(item.get("decided_by", "")).rpartition(":")[2]
