"""Filters, order and pages (with a NextToken) of all List operations."""

import base64
import datetime
import json
from typing import Any

from mdlc_local import clock
from mdlc_local.errors import invalid
from mdlc_local.sagemaker.records import Kind, Record

DEFAULT_PAGE = 10
"""The page size when the request has no MaxResults."""

UNSORTED = "Unsorted"
"""A SortBy of this server's own: the order in which the records are given, ascending."""

_NEWEST_FIRST = ("Model", "TransformJob", "EndpointConfig", "Endpoint")
"""Kinds whose documented default order is Descending; that of the others is Ascending."""

_TIMES = {
    "CreationTimeAfter": ("CreationTime", 1),
    "CreationTimeBefore": ("CreationTime", -1),
    "LastModifiedTimeAfter": ("LastModifiedTime", 1),
    "LastModifiedTimeBefore": ("LastModifiedTime", -1),
}


def page(request: dict[str, Any], kind: Kind, every: list[Record]) -> tuple[list[Record], str | None]:
    """One page of `every`, filtered and ordered by the request.

    Args:
        request: a List request: NameContains, StatusEquals, times, SortBy, SortOrder, MaxResults, NextToken.
        kind: the kind of resource.
        every: all records, oldest first.

    Returns:
        The page's records, and the token for the next page or None.

    Raises:
        ApiError: when NextToken is invalid.
    """
    chosen = [record for record in every if _fits(request, kind, record)]
    if request.get("SortBy") != UNSORTED:
        chosen.sort(key=lambda record: _order(request, kind, record))
    usual = "Descending" if kind.name in _NEWEST_FIRST else "Ascending"
    if request.get("SortOrder", usual) == "Descending":
        chosen.reverse()
    start = _start(request.get("NextToken"))
    size = request.get("MaxResults", DEFAULT_PAGE)
    more = start + size < len(chosen)
    return chosen[start : start + size], _token(start + size) if more else None


def _fits(request: dict[str, Any], kind: Kind, record: Record) -> bool:
    if request.get("NameContains") and request["NameContains"].lower() not in record[kind.name_field].lower():
        return False
    if request.get("StatusEquals") and kind.status and record[kind.status] != request["StatusEquals"]:
        return False
    for field, (name, sign) in _TIMES.items():
        if request.get(field) is not None:
            at: datetime.datetime = record.get(name) or record["CreationTime"]
            apart = at - clock.moment(request[field])
            if apart.total_seconds() * sign <= 0:
                return False
    return True


def _order(request: dict[str, Any], kind: Kind, record: Record) -> Any:
    by = request.get("SortBy", "CreationTime")
    if by == "Name":
        return record[kind.name_field].lower()
    if by == "Status" and kind.status:
        return record[kind.status]
    return record["CreationTime"]


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"start": start}).encode()).decode()


def _start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(token))["start"])
    except (ValueError, KeyError, TypeError) as error:
        raise invalid("Invalid NextToken") from error
