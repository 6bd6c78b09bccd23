"""Entry point of the reaper. Its rule hands over the fleet: `table`, `name` and `budget`."""

from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws.clients import client
from lambdas.leases.sharing import fleet_from
from lambdas.planning.execution_plan import utc_now

logger = Logger(service="reap-leases")


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Take back what dead executions hold, and serve the line; says how many leases came back."""
    back = fleet_from(event, client("dynamodb"), client("stepfunctions")).reap(utc_now())
    logger.info("reaped", extra={"fleet": event["name"], "back": back})
    return {"back": back}
