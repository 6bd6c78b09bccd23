"""Whether an endpoint's event ends a wait, and which."""

from collections.abc import Mapping
from typing import Any

from lambdas.endpoints import BUSY

GONE = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
"""Nobody waits for the token any more: the machine looked for itself, or the event came twice."""


def has_settled(status: str) -> bool:
    """Whether an endpoint's status, as its event or its description spells it, lasts.

    Events write IN_SERVICE where descriptions write InService.
    """
    return _plain(status) not in {_plain(busy) for busy in BUSY}


def _plain(status: str) -> str:
    return status.replace("_", "").casefold()


def waiting_key(model: str, endpoint: str) -> dict[str, Any]:
    """Where a release leaves its token, in DynamoDB's notation."""
    return {"pk": {"S": f"MODEL#{model}"}, "sk": {"S": f"WAITING#{endpoint}"}}


def token_of(answer: Mapping[str, Any]) -> str | None:
    """The token in DynamoDB's answer to the key; None when no release waits."""
    item = answer.get("Item")
    return str(item["task_token"]["S"]) if item else None
