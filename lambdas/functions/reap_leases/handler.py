"""Entry point of the scheduled function that evicts the leases of dead executions."""

from collections.abc import Mapping

from aws_lambda_powertools import Logger

from lambdas.aws.clients import client
from lambdas.leases.fleet import open_fleet
from lambdas.planning.execution_plan import utc_now
from mdlc_constructs.settings.payloads.codec import JsonValue, decode
from mdlc_constructs.settings.payloads.retraining import FleetSettings

logger = Logger(service="reap-leases")


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, int]:
    """Evict the leases of dead executions in the fleet of a `FleetSettings`, and serve its queue.

    Returns:
        `evicted`: how many leases were evicted.
    """
    settings = decode(FleetSettings, event)
    evicted = open_fleet(settings, client("dynamodb"), client("stepfunctions")).reap(utc_now())
    logger.info("reaped", extra={"fleet": settings.name, "evicted": evicted})
    return {"evicted": evicted}
