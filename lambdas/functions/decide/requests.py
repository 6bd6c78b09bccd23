"""A decision request from API Gateway.

API Gateway has validated it against `Decisions.request_schema`. The fields that a record needs are checked
again here, for callers that invoke the function directly.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from mdlc_constructs.settings.payloads.codec import JsonValue
from mdlc_constructs.settings.request_id import REQUEST_ID_PATTERN
from mdlc_constructs.settings.strict_json import StrictJsonError, check_json

MAX_ROW_CHARACTERS = 64 * 1024
"""Most characters of the row as JSON in ASCII. A record holds it twice, once with the looked-up columns, and
DynamoDB's limit for an item is 400 KB; the limit for a call through Lambda's queue is 256 KB.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html and
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

_REQUEST_ID = re.compile(REQUEST_ID_PATTERN)


class BadRequest(Exception):
    """The request does not match the documented contract."""


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """The caller's request id, and the row to decide on."""

    request_id: str
    row: Mapping[str, JsonValue]


def from_event(event: Mapping[str, JsonValue]) -> DecisionRequest:
    """The request in an API Gateway proxy event.

    Raises:
        BadRequest: naming the field, its value and the remedy.
    """
    body = event.get("body") or ""
    try:
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body).decode(errors="replace")
        content = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is no JSON ({error}): send an object of request_id and row.") from error
    return checked(content)


def checked(content: object) -> DecisionRequest:
    """The request in a body.

    Raises:
        BadRequest: naming the field, its value and the remedy.
    """
    if not isinstance(content, dict) or set(content) != {"request_id", "row"}:
        raise BadRequest("The body is not an object of request_id and row: send these two.")
    request_id, row = content["request_id"], content["row"]
    if not isinstance(request_id, str) or not _REQUEST_ID.fullmatch(request_id):
        raise BadRequest(f"request_id={request_id!r}: send up to 64 letters, digits and . _ : -.")
    if not isinstance(row, dict) or not row:
        raise BadRequest(f"row={row!r}: send an object of the row's columns, at least one.")
    for column, value in row.items():
        if isinstance(value, (dict, list)) or value in (float("inf"), float("-inf")):
            raise BadRequest(f"row[{column!r}]={value!r}: send a text, a number, true, false or null.")
    try:
        check_json(row)
    except StrictJsonError as error:
        raise BadRequest(f"row: {error}") from error
    size = len(json.dumps(row))
    if size > MAX_ROW_CHARACTERS:
        raise BadRequest(f"row has {size} characters as JSON: send at most {MAX_ROW_CHARACTERS}.")
    return DecisionRequest(request_id, row)


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number in JSON")
