"""Rejects PutEvents entries that lack a required member or whose Detail is not an object, as AWS does."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ministack.core import responses

from mdlc_local import patches

EVENTBRIDGE = "ministack.services.eventbridge"
REQUIRED = ("Source", "DetailType", "Detail")

Entry = dict[str, Any]


def refusal(entry: Entry) -> Entry | None:
    """The error answer to an invalid entry, or None for a valid one.

    Args:
        entry: an entry of PutEvents.
    """
    for member in REQUIRED:
        if not entry.get(member):
            reason = f"Parameter {member} is not valid. Reason: {member} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": reason}
    try:
        detail = json.loads(entry["Detail"])
    except (TypeError, ValueError):
        detail = None
    if not isinstance(detail, dict):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    return None


def install(app: ModuleType) -> None:
    """Patch PutEvents, so that ministack only receives the valid entries."""
    del app
    patches.wrap(EVENTBRIDGE, "_put_events", "data allow_aws_source", _refusing)


def _refusing(put: Callable[..., Any]) -> Callable[..., Any]:
    def put_events(data: dict[str, Any], allow_aws_source: bool = False) -> Any:
        entries = data.get("Entries") or []
        refused = {at: wrong for at, entry in enumerate(entries) if (wrong := refusal(entry)) is not None}
        if not refused:
            return put(data, allow_aws_source)
        good = [entry for at, entry in enumerate(entries) if at not in refused]
        status, headers, body = put({**data, "Entries": good}, allow_aws_source)
        if status != 200:
            return status, headers, body
        answer = json.loads(body)
        taken = iter(answer["Entries"])
        return responses.json_response(
            {
                "FailedEntryCount": answer["FailedEntryCount"] + len(refused),
                "Entries": [refused[at] if at in refused else next(taken) for at in range(len(entries))],
            }
        )

    return put_events
