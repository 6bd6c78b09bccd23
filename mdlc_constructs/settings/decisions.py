"""What a decision is made of: the request's columns, further columns to look up, what may be decided, and what
is decided when a step fails.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from mdlc_constructs.settings.dataset import COLUMN_TYPES, Dataset
from mdlc_constructs.settings.numbers import check_whole
from mdlc_constructs.settings.refusal import refusal, unknown

Value = str | int | float | bool | None

LONGEST_REQUEST_ID = 64
"""A request id is the endpoint's inference id too, which holds no more.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""
REQUEST_ID_PATTERN = f"^[A-Za-z0-9][A-Za-z0-9._:-]{{0,{LONGEST_REQUEST_ID - 1}}}$"

_JSON_TYPES = {
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "category": "string",
    "timestamp": "string",
    "text": "string",
}
_DECISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_SHORTEST = timedelta(milliseconds=1)
_LONGEST_CALL = timedelta(seconds=25)
"""API Gateway answers for an integration that took 29 seconds; what follows the call needs some of them.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""


@dataclass(frozen=True, kw_only=True)
class FeatureLookup:
    """An item of a DynamoDB table gives further columns of the row. What the caller sends wins over it.

    :param key: the request's column whose value is the item's partition key.
    :param defaults: the columns taken from the item, and what stands for each when the item or the value is
        missing, or the table does not answer in time. None is a missing value, which the model's feature
        program fills as in training.
    :param table_key: the name of the table's partition key; by default ``key``.
    :param timeout: how long to wait for the item. A state machine's timeouts are whole seconds: the Express
        shape rounds up.
    :raises ValueError: naming the argument, its value and the remedy.
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
        """The columns that are looked up."""
        return tuple(self.defaults)


@dataclass(frozen=True, kw_only=True)
class Fallback:
    """What is decided when no score comes back: the endpoint is slow, down or refuses the row.

    :param decision: the decision, marked in the record and counted.
    :param endpoint_timeout: how long one try may take.
    :param tries: how often the endpoint is asked. A try that timed out is not repeated: the caller has waited
        long enough.
    :raises ValueError: naming the argument, its value and the remedy.
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
    """How the function that acts on a decision is called.

    It is called with the request's id as the key of idempotency and must do nothing for a key that it has
    done: a call whose answer was lost is repeated.

    :param decisions: the decisions that are acted on; None for every one.
    :param waits: whether the caller's answer waits for the action. Without it Lambda's own queue holds the
        call and repeats it when it fails.
    :param timeout: how long one call may take.
    :param again_after: when the caller repeats a request whose action was not seen to be done, how old the
        decision must be for the action to be called again; younger ones are taken to be under way.
    :raises ValueError: naming the argument, its value and the remedy.
    """

    decisions: tuple[str, ...] | None = None
    waits: bool = True
    timeout: timedelta = timedelta(seconds=2)
    again_after: timedelta = timedelta(seconds=30)

    def __post_init__(self) -> None:
        if self.decisions is not None:
            _check_decisions("decisions", self.decisions)
        _check_call("timeout", self.timeout)
        if self.again_after <= self.timeout:
            raise refusal(
                "again_after", str(self.again_after), f"give more than the timeout, {self.timeout}."
            )


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """The request's row, what may be decided about it, and what stands in when a step fails.

    Make one with `Decisions.about` from the model's dataset.

    :param decisions: what may be decided; rules may name no other.
    :param fallback: what is decided without a score.
    :param columns: the types of the columns that the request's row may hold.
    :param required: those of them that the caller must send; null says that a value is missing.
    :param lookup: further columns from a table.
    :param action: how the action is called.
    :param rules_age: how old the rules in a function's memory may be before they are read again.
    :raises ValueError: naming the argument, its value and the remedy.
    """

    decisions: tuple[str, ...]
    fallback: Fallback
    columns: Mapping[str, str]
    required: tuple[str, ...] = ()
    lookup: FeatureLookup | None = None
    action: ActionCall = field(default_factory=ActionCall)
    rules_age: timedelta = timedelta(seconds=10)

    @classmethod
    def about(
        cls,
        dataset: Dataset,
        *,
        decisions: tuple[str, ...],
        fallback: Fallback,
        lookup: FeatureLookup | None = None,
        further: Mapping[str, str] | None = None,
        action: ActionCall | None = None,
        rules_age: timedelta = timedelta(seconds=10),
    ) -> "Decisions":
        """Decisions about rows of a dataset.

        The row may hold every column of the dataset but the label and those known afterwards. The caller must
        send the features (null says missing) that are not looked up, the timestamp when calendar parts are
        features, and the key of the lookup.

        :param further: types of columns that only the rules look at.
        :raises ValueError: naming the argument, its value and the remedy.
        """
        own = {
            name: kind
            for name, kind in dataset.columns.items()
            if name != dataset.label and name not in dataset.known_after
        }
        for name in further or {}:
            if name in dataset.columns:
                raise refusal("further", name, "is a column of the dataset; leave it out.")
        read = [*dataset.resolved_features, *([dataset.timestamp] if dataset.calendar else [])]
        looked_up = lookup.columns if lookup else ()
        required = [name for name in read if name not in looked_up]
        if lookup and lookup.key not in required:
            required.append(lookup.key)
        return cls(
            decisions=decisions,
            fallback=fallback,
            columns={**own, **(further or {})},
            required=tuple(required),
            lookup=lookup,
            action=action or ActionCall(),
            rules_age=rules_age,
        )

    def __post_init__(self) -> None:
        _check_decisions("decisions", self.decisions)
        object.__setattr__(self, "decisions", tuple(self.decisions))
        object.__setattr__(self, "required", tuple(self.required))
        object.__setattr__(self, "columns", dict(self.columns))
        if self.fallback.decision not in self.decisions:
            raise unknown("fallback.decision", self.fallback.decision, self.decisions, what="decision")
        for name in self.action.decisions or ():
            if name not in self.decisions:
                raise unknown("action.decisions", name, self.decisions, what="decision")
        for name, kind in self.columns.items():
            if kind not in COLUMN_TYPES:
                raise unknown(f"columns[{name!r}]", kind, COLUMN_TYPES, what="column type")
        for name in self.required:
            if name not in self.columns:
                raise unknown("required", name, self.columns, what="column")
        if self.lookup:
            self._check_lookup(self.lookup)
        if not timedelta(0) <= self.rules_age <= timedelta(hours=1):
            raise refusal("rules_age", str(self.rules_age), "give a time up to an hour.")

    def _check_lookup(self, lookup: FeatureLookup) -> None:
        for argument, names in (("lookup.key", (lookup.key,)), ("lookup.defaults", lookup.columns)):
            for name in names:
                if name not in self.columns:
                    raise unknown(argument, name, self.columns, what="column")
        for name, value in lookup.defaults.items():
            if value is not None and not _is_of(self.columns[name], value):
                raise refusal(
                    f"lookup.defaults[{name!r}]",
                    value,
                    f"the column is a {self.columns[name]}; or give None.",
                )

    def request_schema(self) -> dict[str, Any]:
        """JSON schema (draft 4, which API Gateway reads) of a request's body.

        A column that is not known is refused: a misspelt one would be taken for a missing value.
        """
        return {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "title": "Request",
            "type": "object",
            "properties": {
                "request_id": {"type": "string", "pattern": REQUEST_ID_PATTERN},
                "row": {
                    "type": "object",
                    "properties": {
                        name: {"type": _JSON_TYPES[kind]}
                        if self.lookup and name == self.lookup.key
                        else {"type": [_JSON_TYPES[kind], "null"]}
                        for name, kind in self.columns.items()
                    },
                    # Draft 4 knows no empty list here.
                    **({"required": list(self.required)} if self.required else {}),
                    "additionalProperties": False,
                },
            },
            "required": ["request_id", "row"],
            "additionalProperties": False,
        }

    def to_settings(self) -> dict[str, Any]:
        """What the deciding function reads from its environment, ready for JSON. Durations are in seconds."""
        return {
            "decisions": list(self.decisions),
            "fallback": {
                "decision": self.fallback.decision,
                "endpoint_timeout": self.fallback.endpoint_timeout.total_seconds(),
                "tries": self.fallback.tries,
            },
            "lookup": None
            if self.lookup is None
            else {
                "key": self.lookup.key,
                "table_key": self.lookup.table_key,
                "key_type": "N" if self.columns[self.lookup.key] in ("number", "integer") else "S",
                "defaults": dict(self.lookup.defaults),
                "timeout": self.lookup.timeout.total_seconds(),
            },
            "action": {
                "decisions": None if self.action.decisions is None else list(self.action.decisions),
                "waits": self.action.waits,
                "timeout": self.action.timeout.total_seconds(),
                "again_after": self.action.again_after.total_seconds(),
            },
            "rules_age": self.rules_age.total_seconds(),
        }


def _is_of(kind: str, value: Value) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("number", "integer"):
        return not isinstance(value, bool) and isinstance(value, int if kind == "integer" else (int, float))
    return isinstance(value, str)


def _check_decision(argument: str, value: object) -> None:
    if not isinstance(value, str) or not _DECISION.fullmatch(value):
        raise refusal(argument, value, "give a short text of letters, digits, blanks and . _ -.")


def _check_decisions(argument: str, values: object) -> None:
    if isinstance(values, str) or not isinstance(values, (tuple, list)) or not values:
        raise refusal(argument, values, 'give a tuple of decisions, for example ("rebook", "wait").')
    for value in values:
        _check_decision(argument, value)
    if len(set(values)) < len(values):
        raise refusal(argument, values, "name each decision once.")


def _check_call(argument: str, value: object) -> None:
    if not isinstance(value, timedelta):
        raise refusal(argument, value, "give a timedelta, for example timedelta(seconds=1).")
    if not _SHORTEST <= value <= _LONGEST_CALL:
        raise refusal(argument, str(value), f"give a time from {_SHORTEST} to {_LONGEST_CALL}.")
