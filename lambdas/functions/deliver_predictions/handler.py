"""Entry point of the delivery: read a file's rows, write each where it goes, count them."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import islice
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws.clients import client
from lambdas.functions.deliver_predictions import logic
from lambdas.functions.deliver_predictions.errors import Undelivered
from lambdas.functions.deliver_predictions.logic import Batch, Row

CALLS = 8
"""Requests under way at a time: a client keeps ten connections, and a request mostly waits."""

ATTEMPTS = 6
LONGEST_PAUSE = 10.0
"""Seconds."""

logger = Logger(service="deliver-predictions")

Given = TypeVar("Given")


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Deliver one file: `{bucket, key, model, run, delivery}`. To deliver it again changes nothing.

    Returns:
        `delivered`: rows that are where they go, or whose newer answer is; `superseded`: the latter alone.

    Raises:
        Undelivered: when the table or the bus does not take some of the rows, though asked again.
    """
    batch = Batch(model=event["model"], run=event["run"], delivery=event["delivery"])
    body = client("s3").get_object(Bucket=event["bucket"], Key=event["key"])["Body"]
    rows = logic.rows(body.iter_lines())
    count = (
        to_table(client("dynamodb"), batch, rows)
        if batch.delivery["to"] == "table"
        else to_bus(client("events"), batch, rows)
    )
    logger.info("delivered", extra={"key": event["key"], "run": batch.run, **count})
    return count


def to_table(dynamodb: Any, batch: Batch, rows: Iterable[Row]) -> dict[str, int]:
    """Put the rows as items; an item that is newer stays."""

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
    return {"delivered": len(written), "superseded": written.count(False)}


def to_bus(events: Any, batch: Batch, rows: Iterable[Row]) -> dict[str, int]:
    """Send an event for each row."""

    def send(entries: Sequence[Any]) -> int:
        put_all(events, entries)
        return len(entries)

    sent = sum(side_by_side(send, logic.requests(logic.entry(batch, row) for row in rows)))
    return {"delivered": sent, "superseded": 0}


def put_all(events: Any, entries: Sequence[Any], pause: Callable[[float], None] = time.sleep) -> None:
    """Send the entries, and again those that the bus did not take.

    Raises:
        Undelivered: with how many are left, and why.
    """
    left, reason = list(entries), ""
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(random.uniform(0, min(LONGEST_PAUSE, 0.2 * 2**attempt)))
        left, reason = logic.refused(left, events.put_events(Entries=left))
        if not left:
            return
    raise Undelivered(f"The bus took all but {len(left)} of {len(entries)} events ({reason}).")


def side_by_side(work: Callable[[Given], Any], given: Iterable[Given]) -> Iterator[Any]:
    """What the work makes of each, a few at a time and in no order; the first error ends it."""
    waiting = iter(given)
    with ThreadPoolExecutor(CALLS) as pool:
        running = {pool.submit(work, one) for one in islice(waiting, CALLS)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for one in done:
                yield one.result()
            running |= {pool.submit(work, one) for one in islice(waiting, len(done))}
