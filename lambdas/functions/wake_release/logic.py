"""Whether an endpoint's event ends a wait, and which."""

from typing import Any

from lambdas.aws.endpoints import BUSY

GONE = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
"""Nobody waits for the token any more: the machine looked for itself, or the event came twice."""


def has_settled(status: str) -> bool:
    """Whether an endpoint's status, as its event or its description spells it, lasts.

    Events write IN_SERVICE where descriptions write InService.
    """
    return _plain(status) not in {_plain(busy) for busy in BUSY}


def _plain(status: str) -> str:
    return status.replace("_", "").casefold()


def waiting(model: str, endpoint: str) -> dict[str, Any]:
    """What to ask DynamoDB's Query for: the tokens of all executions that wait for an endpoint."""
    return {
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
        "ExpressionAttributeValues": {
            ":pk": {"S": f"MODEL#{model}"},
            ":sk": {"S": f"WAITING#{endpoint}#"},
        },
    }
