"""What a check found, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "fails", "not known"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one check.

    Attributes:
        check: its name, one or two words.
        status: "not known" when AWS did not say, for want of a permission or because the local AWS lacks it.
        says: what was found, one clause.
        remedy: what to do, one clause; empty when all is well.
    """

    check: str
    status: Status
    says: str
    remedy: str = ""


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check=check, status="ok", says=says)


def warning(check: str, says: str, remedy: str) -> Finding:
    """Something works less well than it could, or will be missing later."""
    return Finding(check=check, status="warning", says=says, remedy=remedy)


def fails(check: str, says: str, remedy: str) -> Finding:
    """Something will not work."""
    return Finding(check=check, status="fails", says=says, remedy=remedy)


def not_known(check: str, says: str, remedy: str = "") -> Finding:
    """AWS did not say."""
    return Finding(check=check, status="not known", says=says, remedy=remedy)
