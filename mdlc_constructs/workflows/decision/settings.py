"""The settings from which the Express machine is built, and the limits of its duration."""

import math
from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.decisions import Decisions
from mdlc_constructs.workflows.decision.mapping import MAX_INTEGRATION_MS

RECORD_SECONDS = 1
RECORD_TRIES = 3
COUNT_SECONDS = 1
EXECUTION_SECONDS = MAX_INTEGRATION_MS // 1000 - 1
"""The execution ends before API Gateway's timeout, so that its result is still returned."""
RULES_SECONDS = 3
"""Timeout of the rules function, with a cold start and the read of the rules."""


@dataclass(frozen=True, kw_only=True)
class DecisionSettings:
    """The settings from which the machine is built.

    Attributes:
        api: the API's name.
        model: the model's name.
        endpoint_name: the endpoint that is invoked.
        decisions: the API's decisions and calls.
        feature_key: whether the feature table has its own KMS key.
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
        """The longest duration of an execution, when every call takes its full timeout."""
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
    """The duration in seconds, rounded up."""
    return math.ceil(time.total_seconds())
