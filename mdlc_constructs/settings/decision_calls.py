"""The calls of a decision: the feature lookup, the endpoint with its fallback, and the action."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.settings.numbers import check_whole
from mdlc_constructs.settings.refusal import refusal

Value = str | int | float | bool | None

_DECISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_MIN_DURATION = timedelta(milliseconds=1)
_MAX_CALL = timedelta(seconds=20)


@dataclass(frozen=True, kw_only=True)
class FeatureLookup:
    """Reads further columns of the row from an item of a DynamoDB table. The caller's values take precedence.

    Args:
        key: the request's column whose value is the item's partition key.
        defaults: the columns to read from the item, each with the value to use when the item or the attribute
            is missing, or the table does not answer in time. None is a missing value, which the model's
            feature program fills as in training.
        table_key: the name of the table's partition key; by default ``key``.
        timeout: how long to wait for the item. The Express shape rounds it up to whole seconds, because a
            state machine's timeouts are whole seconds.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    key: str
    defaults: Mapping[str, Value]
    table_key: str = ""
    timeout: timedelta = timedelta(milliseconds=50)

    def __post_init__(self) -> None:
        if not self.key:
            raise refusal("key", self.key, "name the column whose value finds the item.")
        if not isinstance(self.defaults, Mapping) or not self.defaults:
            raise refusal("defaults", self.defaults, "give each column that is looked up its default.")
        for column, value in self.defaults.items():
            if not isinstance(value, (str, int, float, type(None))) or value != value:
                raise refusal(f"defaults[{column!r}]", value, "give a text, a number, True, False or None.")
        if self.key in self.defaults:
            raise refusal("key", self.key, "the caller sends it; it cannot be looked up as well.")
        object.__setattr__(self, "defaults", dict(self.defaults))
        object.__setattr__(self, "table_key", self.table_key or self.key)
        _check_call("timeout", self.timeout)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read from the table."""
        return tuple(self.defaults)


@dataclass(frozen=True, kw_only=True)
class Fallback:
    """The decision when there is no score, because the endpoint is slow, down or refuses the row.

    Args:
        decision: the decision; its record says that it is a fallback, and a metric counts it.
        endpoint_timeout: how long one call of the endpoint may take.
        tries: the maximum number of calls of the endpoint. A call that timed out is not repeated: the caller
            has waited long enough.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    decision: str
    endpoint_timeout: timedelta = timedelta(seconds=1)
    tries: int = 2

    def __post_init__(self) -> None:
        _check_decision("decision", self.decision)
        _check_call("endpoint_timeout", self.endpoint_timeout)
        check_whole("tries", self.tries, 1, 5)


@dataclass(frozen=True, kw_only=True)
class ActionCall:
    """How the Lambda function that acts on a decision is called.

    It gets the request's id as an idempotency key and must do nothing for a key that it has already
    processed: a call whose response was lost is repeated.

    Args:
        decisions: the decisions for which the function is called; None for all.
        waits: whether the response to the caller waits for the action. If not, Lambda invokes the function
            asynchronously from its own queue and retries it when it fails.
        timeout: how long one call may take.
        again_after: when a request is repeated and its action is not known to be done, the action is called
            again only if the decision is older than this; before that it counts as still running.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    decisions: tuple[str, ...] | None = None
    waits: bool = True
    timeout: timedelta = timedelta(seconds=2)
    again_after: timedelta = timedelta(seconds=30)

    def __post_init__(self) -> None:
        if self.decisions is not None:
            check_decisions("decisions", self.decisions)
        _check_call("timeout", self.timeout)
        if self.again_after <= self.timeout:
            raise refusal(
                "again_after", str(self.again_after), f"give more than the timeout, {self.timeout}."
            )


def _check_decision(argument: str, value: object) -> None:
    if not isinstance(value, str) or not _DECISION.fullmatch(value):
        raise refusal(argument, value, "give a short text of letters, digits, blanks and . _ -.")


def check_decisions(argument: str, values: object) -> None:
    """Refuse a value that is not a tuple or list of distinct decisions.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """
    if isinstance(values, str) or not isinstance(values, (tuple, list)) or not values:
        raise refusal(argument, values, 'give a tuple of decisions, for example ("rebook", "wait").')
    for value in values:
        _check_decision(argument, value)
    if len(set(values)) < len(values):
        raise refusal(argument, values, "name each decision once.")


def _check_call(argument: str, value: object) -> None:
    if not isinstance(value, timedelta):
        raise refusal(argument, value, "give a timedelta, for example timedelta(seconds=1).")
    if not _MIN_DURATION <= value <= _MAX_CALL:
        raise refusal(argument, str(value), f"give a time from {_MIN_DURATION} to {_MAX_CALL}.")
