"""Payloads of a decision API: of the function that accepts rules, and of its Express machine's function."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mdlc_constructs.settings.payloads.codec import KEY, OMIT_NONE, JsonValue
from mdlc_constructs.settings.payloads.planning import Section


@dataclass(frozen=True, kw_only=True)
class RulesUploadRequest:
    """What the EventBridge rule for uploads sends to the function that accepts rules.

    Attributes:
        table: name of the rules' table.
        decisions: the decisions that rules may make.
        columns: types of the columns that rules may name; None when they do not fit into the target's input.
        bus: name of the event bus for the outcome's event.
        event: the S3 event.
    """

    api: str
    model: str
    table: str
    decisions: tuple[str, ...]
    event: Section
    columns: Mapping[str, str] | None = None
    bus: str = "default"


@dataclass(frozen=True, kw_only=True)
class RulesOutcome:
    """The outcome of uploaded rules."""

    outcome: Literal["accepted", "refused", "same", "older"]


@dataclass(frozen=True, kw_only=True)
class RulesResource:
    """Properties of the custom resource that stores the rules of a deployment.

    `bucket` and `key` locate the rules' document, `table` is the rules' table, and `decisions` and `columns`
    are what rules may name.
    """

    bucket: str = field(metadata={KEY: "Bucket"})
    key: str = field(metadata={KEY: "Key"})
    table: str = field(metadata={KEY: "Table"})
    decisions: tuple[str, ...] = field(metadata={KEY: "Decisions"})
    columns: Mapping[str, str] = field(metadata={KEY: "Columns"})


@dataclass(frozen=True, kw_only=True)
class ExpressRequest:
    """What the Express machine sends to its function.

    Attributes:
        step: `decide`; or `repeat`, for a request that was decided before.
        item: the looked-up item in DynamoDB JSON; None without one.
        look_up_failed: whether the look-up failed.
        answer: the body of the endpoint's response, as text or as parsed JSON.
        variant: the production variant that answered.
        failed: the endpoint's error; None when it answered.
        recorded: the request's existing record, in DynamoDB JSON; for `repeat`.
    """

    step: Literal["decide", "repeat"]
    request_id: JsonValue = None
    row: JsonValue = None
    item: Section | None = None
    look_up_failed: bool | None = False
    answer: JsonValue = None
    variant: str | None = None
    failed: Section | None = None
    recorded: Section | None = None


@dataclass(frozen=True, kw_only=True)
class DecidedAnswer:
    """What the Express machine's function returns for `decide`.

    Attributes:
        item: the record to put if the request has none, in DynamoDB JSON.
        answer: the response to the caller.
        act: whether the action is called.
        action: the action's input.
    """

    item: Section
    answer: Section
    act: bool
    action: Section


@dataclass(frozen=True, kw_only=True)
class RepeatedAnswer:
    """What the Express machine's function returns for `repeat`; see `DecidedAnswer`."""

    answer: Section
    act: bool
    action: Section


@dataclass(frozen=True, kw_only=True)
class FallbackSettings:
    """The decision without a score, and when a score is given up.

    Attributes:
        decision: the decision without a score.
        endpoint_timeout: seconds to wait for the endpoint's answer.
        tries: how often the endpoint is called at most.
    """

    decision: str
    endpoint_timeout: float
    tries: int


@dataclass(frozen=True, kw_only=True)
class LookupSettings:
    """How features are looked up.

    Attributes:
        key: the row's column to look up by.
        table_key: name of the table's partition key.
        key_type: its DynamoDB type, such as `S`.
        defaults: value by column, used when there is no item.
        types: type by column.
        timeout: in seconds.
    """

    key: str
    table_key: str
    key_type: str
    defaults: Mapping[str, JsonValue]
    types: Mapping[str, str]
    timeout: float


@dataclass(frozen=True, kw_only=True)
class ActionSettings:
    """When and how the action is called.

    Attributes:
        decisions: the decisions that call the action; None for all.
        waits: whether the call waits for the action's end.
        timeout: in seconds.
        again_after: seconds after which a repeated request calls the action again.
    """

    decisions: tuple[str, ...] | None
    waits: bool
    timeout: float
    again_after: float


@dataclass(frozen=True, kw_only=True)
class DecideSettings:
    """The settings of a decision API, as its function reads them from its environment.

    Attributes:
        decisions: the decisions that rules may make.
        lookup: None when nothing is looked up.
        rules_age: seconds after which rules are read again.
        kept: time to live of a record in seconds; None keeps it forever.
    """

    decisions: tuple[str, ...]
    fallback: FallbackSettings
    lookup: LookupSettings | None
    action: ActionSettings
    rules_age: float
    kept: float | None


@dataclass(frozen=True, kw_only=True)
class DecisionRecord:
    """The record of a decision; see `docs/contracts.md`.

    Attributes:
        features: the row with the looked-up columns.
        defaults_used: looked-up columns that have their declared default in `features`.
        score: the model's score; None without one.
        rule: the rule that decided; None for the fallback decision, whose reason is `fallback`.
        action: `pending`, `queued`, `done`, `failed` or `none`.
        at: ISO 8601, in UTC.
        expires_at: in seconds since 1970; None keeps the record forever.
        prediction: of a multiclass model, the most probable class.
        probabilities: of a multiclass model, by class.
    """

    request_id: str
    inference_id: str
    api: str
    model: str
    row: Mapping[str, JsonValue]
    features: Mapping[str, JsonValue]
    defaults_used: tuple[str, ...]
    score: float | None
    model_version: int | str | None
    rules_version: str | None
    rule: str | None
    decision: str
    fallback: str | None
    action: str
    at: str
    variant: str | None = None
    expires_at: int | None = field(default=None, metadata={OMIT_NONE: True})
    prediction: str | None = field(default=None, metadata={OMIT_NONE: True})
    probabilities: Mapping[str, float] | None = field(default=None, metadata={OMIT_NONE: True})
