"""Entry point of the delivery: reads a file's rows, delivers each, and counts them."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws.clients import client
from lambdas.functions.deliver_predictions import logic
from lambdas.functions.deliver_predictions.logic import Batch, Row
from mdlc_constructs.settings.payloads.batch import DeliveryRequest, DeliveryResult
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

MAX_CALLS = 8
"""Requests in parallel: a boto3 client has a pool of ten connections, and a request mostly waits."""

MAX_ATTEMPTS = 6
MAX_PAUSE_SECONDS = 10.0

logger = Logger(service="deliver-predictions")

Item = TypeVar("Item")
Result = TypeVar("Result")


class Undelivered(Exception):
    """Some rows could not be delivered for now; delivering all of them again is harmless.

    The class name is the error's name in Step Functions.
    """


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Deliver one file: from a `DeliveryRequest` to a `DeliveryResult`. Repeating it is harmless.

    Raises:
        Undelivered: when the table or the bus refuses some of the rows even after retries.
    """
    request = decode(DeliveryRequest, event)
    batch = Batch(model=request.model, run=request.run, delivery=request.delivery)
    body = client("s3").get_object(Bucket=request.bucket, Key=request.key)["Body"]
    rows = logic.rows(body.iter_lines())
    result = encode(
        to_table(client("dynamodb"), batch, rows)
        if batch.delivery.to == "table"
        else to_bus(client("events"), batch, rows)
    )
    logger.info("delivered", extra={"key": request.key, "run": batch.run, **result})
    return result


def to_table(dynamodb: "DynamoDBClient", batch: Batch, rows: Iterable[Row]) -> DeliveryResult:
    """Put the rows as items, except where a newer item exists; returns the counts."""

    def put(row: Row) -> bool:
        try:
            dynamodb.put_item(**logic.put(batch, row))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalCheckFailedException":
                return False
            if code in logic.PASSING:
                raise Undelivered(f"The table did not take all items for now ({error}).") from error
            raise
        return True

    written = list(side_by_side(put, rows))
    return DeliveryResult(delivered=len(written), superseded=written.count(False))


def to_bus(events: "EventBridgeClient", batch: Batch, rows: Iterable[Row]) -> DeliveryResult:
    """Send an event for each row; returns the counts."""

    def send(entries: "Sequence[PutEventsRequestEntryTypeDef]") -> int:
        put_all(events, entries)
        return len(entries)

    sent = sum(side_by_side(send, logic.requests(logic.entry(batch, row) for row in rows)))
    return DeliveryResult(delivered=sent, superseded=0)


def put_all(
    events: "EventBridgeClient",
    entries: "Sequence[PutEventsRequestEntryTypeDef]",
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Send the entries, and retry those that the bus refuses.

    Raises:
        Undelivered: when entries are left after all attempts, naming their number and the first reason.
    """
    left, reason = list(entries), ""
    for attempt in range(MAX_ATTEMPTS):
        if attempt:
            pause(random.uniform(0, min(MAX_PAUSE_SECONDS, 0.2 * 2**attempt)))
        left, reason = logic.refused(left, events.put_events(Entries=left))
        if not left:
            return
    raise Undelivered(f"The bus took all but {len(left)} of {len(entries)} events ({reason}).")


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield the results of the work on each item, a few in parallel, in any order, up to the first error."""
    waiting = iter(items)
    with ThreadPoolExecutor(MAX_CALLS) as pool:
        running = {pool.submit(work, item) for item in islice(waiting, MAX_CALLS)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
            running |= {pool.submit(work, item) for item in islice(waiting, len(done))}
