"""What the Express machine is made from, and how long an execution may take."""

import math
from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.decisions import Decisions
from mdlc_constructs.workflows.decision.mapping import MAX_INTEGRATION_MS

RECORD_SECONDS = 1
RECORD_TRIES = 3
COUNT_SECONDS = 1
EXECUTION_SECONDS = MAX_INTEGRATION_MS // 1000 - 1
"""API Gateway is still there to hear the end."""
RULES_SECONDS = 3
"""A cold start of the rules function and its reading of the rules."""


@dataclass(frozen=True, kw_only=True)
class DecisionSettings:
    """What the machine is made from.

    Attributes:
        api: the API's name.
        model: the model's name.
        endpoint_name: the endpoint that is asked.
        feature_key: whether the feature table has a key of its own.
        acts: whether a function acts on decisions.
    """

    api: str
    model: str
    endpoint_name: str
    decisions: Decisions
    feature_key: bool = False
    acts: bool = False

    def __post_init__(self) -> None:
        if self.longest > timedelta(seconds=EXECUTION_SECONDS):
            raise ValueError(
                f"decisions={str(self.longest)!r}: all calls together may take so long in whole seconds, and "
                f"an execution may take {EXECUTION_SECONDS} seconds; shorten the timeouts or ask the "
                f"endpoint fewer times."
            )

    @property
    def longest(self) -> timedelta:
        """How long an execution may take when every call takes as long as it may."""
        fallback, action, lookup = self.decisions.fallback, self.decisions.action, self.decisions.lookup
        calls = [
            RULES_SECONDS,
            (RECORD_TRIES + 1) * RECORD_SECONDS,
            fallback.tries * whole_seconds(fallback.endpoint_timeout),
        ]
        if lookup is not None:
            calls.append(whole_seconds(lookup.timeout))
        if self.acts:
            calls.append(2 * whole_seconds(action.timeout) + COUNT_SECONDS + RECORD_SECONDS)
        return timedelta(seconds=sum(calls))


def whole_seconds(time: timedelta) -> int:
    """The whole seconds that hold a time."""
    return math.ceil(time.total_seconds())
