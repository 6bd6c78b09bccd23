"""The request limits of a decision API."""

from dataclasses import dataclass

from mdlc_constructs.settings.numbers import check_whole

MAX_RATE = 10_000
MAX_BURST = 5_000
"""API Gateway's default quotas of an account in a region, for all of its APIs together.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """A limit for the whole API; requests above it are rejected with status 429.

    Args:
        rate: sustained requests per second.
        burst: requests at once (the size of API Gateway's token bucket).

    Raises:
        ValueError: names the argument, its value and the remedy.
    """

    rate: int = 500
    burst: int = 1_000

    def __post_init__(self) -> None:
        check_whole("rate", self.rate, 1, MAX_RATE, unit="requests a second")
        check_whole("burst", self.burst, 1, MAX_BURST, unit="requests")
