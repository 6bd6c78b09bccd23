"""AWS prices, and the cost of a million decisions without the endpoint's instances.

Prices change; these are of us-east-1, first tier, in US dollars, from copies of the named pages (not from a
live price list). Not included: the endpoint's instances, which both shapes need equally, data transfer, logs
and traces, a web ACL, the free tier, provisioned concurrency.
"""

import math
from dataclasses import dataclass

REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class Price:
    """One line of a price list.

    Attributes:
        dollars: the price of one `unit`.
        source: the URL of the page.
    """

    dollars: float
    unit: str
    source: str


PRICES = {
    "API Gateway REST request": Price(
        dollars=3.50 / 1e6,
        unit="request",
        source="https://docs.aws.amazon.com/whitepapers/latest/best-practices-api-gateway-private-apis-integration/cost-optimization.html",
    ),
    "Lambda request": Price(
        dollars=0.20 / 1e6, unit="request", source="https://aws.amazon.com/lambda/pricing/"
    ),
    "Lambda arm64": Price(
        dollars=0.0000133334, unit="GB-second", source="https://aws.amazon.com/lambda/pricing/"
    ),
    "Express request": Price(
        dollars=1.00 / 1e6, unit="execution", source="https://aws.amazon.com/step-functions/pricing/"
    ),
    "Express duration": Price(
        dollars=0.06 / 3600, unit="GB-second", source="https://aws.amazon.com/step-functions/pricing/"
    ),
    "Standard transition": Price(
        dollars=0.025 / 1000, unit="state transition", source="https://aws.amazon.com/step-functions/pricing/"
    ),
    "EventBridge event": Price(
        dollars=1.00 / 1e6, unit="custom event", source="https://aws.amazon.com/eventbridge/pricing/"
    ),
    "DynamoDB read": Price(
        dollars=0.125 / 1e6,
        unit="read request unit, on demand since November 2024",
        source="https://aws.amazon.com/dynamodb/pricing/on-demand/",
    ),
    "DynamoDB write": Price(
        dollars=0.625 / 1e6,
        unit="write request unit, on demand since November 2024",
        source="https://aws.amazon.com/dynamodb/pricing/on-demand/",
    ),
}

_EXPRESS_STEP_MS = 100
_EXPRESS_MB = 64
_READ_BYTES, _WRITE_BYTES = 4096, 1024
_MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Request:
    """The billed quantities of one decision.

    Attributes:
        milliseconds: the duration of the function or of the state machine's execution.
        record_bytes: the size of the decision's record.
        looked_up_bytes: the size of the item that is looked up; 0 without a look-up.
        function_milliseconds: the total duration of the functions that the state machine calls.
        function_calls: the number of these calls.
        memory_mb: the memory of every function.
    """

    milliseconds: float
    record_bytes: int
    looked_up_bytes: int
    function_milliseconds: float = 0.0
    function_calls: int = 0
    memory_mb: int = 1024


def lambda_shape(request: Request) -> dict[str, float]:
    """US dollars per million decisions of the warm function, by service."""
    return {
        **_shared(request),
        "Lambda": _functions(1, request.milliseconds, request.memory_mb),
    }


def express_shape(request: Request) -> dict[str, float]:
    """US dollars per million decisions of the Express state machine, by service.

    Duration is billed in steps of 100 ms and memory in steps of 64 MB; definition and data of one decision
    need less than 64 MB.
    """
    billed_seconds = math.ceil(request.milliseconds / _EXPRESS_STEP_MS) * _EXPRESS_STEP_MS / 1000
    duration = billed_seconds * _EXPRESS_MB / 1024 * PRICES["Express duration"].dollars
    return {
        **_shared(request),
        "Step Functions": (PRICES["Express request"].dollars + duration) * _MILLION,
        "Lambda": _functions(request.function_calls, request.function_milliseconds, request.memory_mb),
    }


def _shared(request: Request) -> dict[str, float]:
    # An eventually consistent read costs half a unit; a record is written once.
    reads = math.ceil(request.looked_up_bytes / _READ_BYTES) / 2
    writes = math.ceil(request.record_bytes / _WRITE_BYTES)
    tables = reads * PRICES["DynamoDB read"].dollars + writes * PRICES["DynamoDB write"].dollars
    return {
        "API Gateway": PRICES["API Gateway REST request"].dollars * _MILLION,
        "DynamoDB": tables * _MILLION,
    }


def _functions(calls: int, milliseconds: float, memory_mb: int) -> float:
    seconds = math.ceil(milliseconds) / 1000
    duration = seconds * memory_mb / 1024 * PRICES["Lambda arm64"].dollars
    return (calls * PRICES["Lambda request"].dollars + duration) * _MILLION
