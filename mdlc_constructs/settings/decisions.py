"""The settings of a decision API: the request's columns, the possible decisions, and the calls it makes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from mdlc_constructs.settings.answer_columns import answer_columns
from mdlc_constructs.settings.channels import check_table
from mdlc_constructs.settings.dataset import COLUMN_TYPES, Dataset
from mdlc_constructs.settings.decision_calls import ActionCall as ActionCall
from mdlc_constructs.settings.decision_calls import Fallback as Fallback
from mdlc_constructs.settings.decision_calls import FeatureLookup as FeatureLookup
from mdlc_constructs.settings.decision_calls import Value, check_decisions
from mdlc_constructs.settings.payloads.decision import (
    ActionSettings,
    DecideSettings,
    FallbackSettings,
    LookupSettings,
)
from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.request_id import REQUEST_ID_PATTERN as REQUEST_ID_PATTERN

MAX_DECISION = timedelta(seconds=29)
"""Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"""
OWN_CALLS = timedelta(seconds=9)
"""The longest time for reading rules and writing records, with retries and connecting."""

_JSON_TYPES = {
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "category": "string",
    "timestamp": "string",
    "text": "string",
}
_DESCRIPTIONS = {
    "integer": "integer, written without a decimal point",
    "timestamp": "timestamp as ISO text, in UTC unless it says otherwise",
}


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """The request's columns, the possible decisions, and the fallback when a step fails.

    Create one with `Decisions.about` from the model's dataset.

    Args:
        decisions: all possible decisions; rules may use no other.
        fallback: the decision when there is no score.
        columns: the types of the columns that the request's row may hold.
        required: the columns that the caller must send; null means a missing value.
        lookup: where further columns are read from; None for nowhere.
        action: how the function that acts on a decision is called.
        rules_age: how long rules are cached in a function's memory before they are read again.
        kept: how long a decision's record is kept at least; None keeps it forever.
        classes: the classes of a multiclass model. Rules may name the predicted one as ``prediction``, and a
            class's probability as ``probability:<class>``.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    decisions: tuple[str, ...]
    fallback: Fallback
    columns: Mapping[str, str]
    required: tuple[str, ...] = ()
    lookup: FeatureLookup | None = None
    action: ActionCall = field(default_factory=ActionCall)
    rules_age: timedelta = timedelta(seconds=10)
    kept: timedelta | None = None
    classes: tuple[str, ...] = ()

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
        kept: timedelta | None = None,
    ) -> "Decisions":
        """The settings for decisions about rows of a dataset.

        The row may hold every column of the dataset except the label and the ``known_after`` columns. The
        caller must send the features that are not looked up (null means a missing value), the timestamp when
        calendar parts are features, and the lookup's key.

        Args:
            further: types of columns that only the rules use.

        Raises:
            ValueError: naming the argument, its value and the remedy.
        """
        check_table(dataset, what="the decision API")
        own = {
            name: kind
            for name, kind in dataset.columns.items()
            if name != dataset.label and name not in dataset.known_after
        }
        for name in further or {}:
            if name in dataset.columns:
                raise refusal("further", name, "is a column of the dataset; leave it out.")
        read = [
            *dataset.resolved_features,
            *([dataset.timestamp] if dataset.timestamp and dataset.calendar else []),
        ]
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
            kept=kept,
            classes=dataset.classes,
        )

    def __post_init__(self) -> None:
        check_decisions("decisions", self.decisions)
        object.__setattr__(self, "decisions", tuple(self.decisions))
        object.__setattr__(self, "required", tuple(self.required))
        object.__setattr__(self, "classes", tuple(self.classes))
        object.__setattr__(self, "columns", dict(self.columns))
        if self.fallback.decision not in self.decisions:
            raise unknown("fallback.decision", self.fallback.decision, self.decisions, what="decision")
        for name in self.action.decisions or ():
            if name not in self.decisions:
                raise unknown("action.decisions", name, self.decisions, what="decision")
        for name, kind in self.columns.items():
            if kind not in COLUMN_TYPES:
                raise unknown(f"columns[{name!r}]", kind, COLUMN_TYPES, what="column type")
        for name in answer_columns(self.classes):
            if name in self.columns:
                raise refusal(
                    "columns", name, "is what rules call the model's answer; rename the column in the files."
                )
        for name in self.required:
            if name not in self.columns:
                raise unknown("required", name, self.columns, what="column")
        if self.lookup:
            self._check_lookup(self.lookup)
        if not timedelta(0) <= self.rules_age <= timedelta(hours=1):
            raise refusal("rules_age", str(self.rules_age), "give a time up to an hour.")
        if self.longest > MAX_DECISION:
            raise refusal(
                "fallback.endpoint_timeout",
                str(self.fallback.endpoint_timeout),
                f"with all tries and other calls a decision could take {self.longest}, and API Gateway waits "
                f"{MAX_DECISION}; give shorter times or fewer tries.",
            )
        if self.kept is not None and self.kept < timedelta(days=1):
            raise refusal(
                "kept", str(self.kept), "give a day or more: a repeated request must find its record."
            )

    @property
    def rule_columns(self) -> dict[str, str]:
        """The types of the columns that rules may name: those of the row, and those of the answer."""
        return {**self.columns, **answer_columns(self.classes)}

    @property
    def longest(self) -> timedelta:
        """The longest time that a decision may take, when every call takes until its timeout."""
        calls = self.fallback.tries * self.fallback.endpoint_timeout + 2 * self.action.timeout
        return calls + OWN_CALLS + (self.lookup.timeout if self.lookup else timedelta(0))

    def _check_lookup(self, lookup: FeatureLookup) -> None:
        for argument, names in (("lookup.key", (lookup.key,)), ("lookup.defaults", lookup.columns)):
            for name in names:
                if name not in self.columns:
                    raise unknown(argument, name, self.columns, what="column")
        if self.columns[lookup.key] == "boolean":
            raise refusal("lookup.key", lookup.key, "is a boolean; a table's key is a text or a number.")
        for name, value in lookup.defaults.items():
            kind = self.columns[name]
            if value is not None and not _is_of(kind, value):
                raise refusal(f"lookup.defaults[{name!r}]", value, f"give a value of type {kind}, or None.")

    def request_schema(self) -> dict[str, Any]:
        """The JSON schema of a request's body, in draft 4, which API Gateway supports.

        Unknown columns are refused: otherwise a misspelt column would count as a missing value.
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
                        name: {
                            "type": _JSON_TYPES[kind]
                            if self.lookup and name == self.lookup.key
                            else [_JSON_TYPES[kind], "null"],
                            "description": self._described(name),
                        }
                        for name, kind in self.columns.items()
                    },
                    # Draft 4 does not allow an empty list here.
                    **({"required": list(self.required)} if self.required else {}),
                    "additionalProperties": False,
                },
            },
            "required": ["request_id", "row"],
            "additionalProperties": False,
        }

    def _described(self, column: str) -> str:
        """A column's type, and what stands in for a value that the caller does not send."""
        text = _DESCRIPTIONS.get(self.columns[column], self.columns[column])
        lookup = self.lookup
        if lookup and column == lookup.key:
            return f"{text}; finds the features that are looked up"
        if lookup and column in lookup.defaults:
            default = json.dumps(lookup.defaults[column])
            return f"{text}; absent or null: looked up by {lookup.key}, else {default}"
        left_out = "" if column in self.required else ", as is leaving it out"
        return f"{text}; null is a missing value{left_out}"

    def to_payload(self) -> DecideSettings:
        """The settings that the deciding function reads from its environment. Durations are in seconds."""
        lookup = self.lookup
        return DecideSettings(
            decisions=tuple(self.decisions),
            fallback=FallbackSettings(
                decision=self.fallback.decision,
                endpoint_timeout=self.fallback.endpoint_timeout.total_seconds(),
                tries=self.fallback.tries,
            ),
            lookup=None
            if lookup is None
            else LookupSettings(
                key=lookup.key,
                table_key=lookup.table_key,
                key_type="N" if self.columns[lookup.key] in ("number", "integer") else "S",
                defaults=dict(lookup.defaults),
                types={name: self.columns[name] for name in lookup.columns},
                timeout=lookup.timeout.total_seconds(),
            ),
            action=ActionSettings(
                decisions=None if self.action.decisions is None else tuple(self.action.decisions),
                waits=self.action.waits,
                timeout=self.action.timeout.total_seconds(),
                again_after=self.action.again_after.total_seconds(),
            ),
            rules_age=self.rules_age.total_seconds(),
            kept=None if self.kept is None else self.kept.total_seconds(),
        )


def _is_of(kind: str, value: Value) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("number", "integer"):
        return not isinstance(value, bool) and isinstance(value, int if kind == "integer" else (int, float))
    return isinstance(value, str)
