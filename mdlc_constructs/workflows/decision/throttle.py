"""How many requests an API takes."""

from dataclasses import dataclass

from mdlc_constructs.settings.numbers import check_whole

MAX_RATE = 10_000
MAX_BURST = 5_000
"""What API Gateway grants an account in a region, all APIs together, unless more was asked for.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """A limit of the whole API; what comes above it is answered with 429.

    Args:
        rate: requests a second, in the long run.
        burst: requests at once.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    rate: int = 500
    burst: int = 1_000

    def __post_init__(self) -> None:
        check_whole("rate", self.rate, 1, MAX_RATE, unit="requests a second")
        check_whole("burst", self.burst, 1, MAX_BURST, unit="requests")
