"""Payloads of a decision API: of the acceptance of rules, and of its Express machine's function."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mdlc_constructs.settings.payloads.codec import KEY, JsonValue
from mdlc_constructs.settings.payloads.planning import Section


@dataclass(frozen=True, kw_only=True)
class RulesUploadRequest:
    """What the rule of uploads gives the function that accepts rules.

    Attributes:
        table: of the rules.
        decisions: those that rules may make.
        columns: types of the columns that rules may name; None where they do not fit the rule's template.
        bus: name of the bus of the outcome's event.
        event: as S3 sends it.
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
    """What became of uploaded rules."""

    outcome: Literal["accepted", "refused", "same", "older"]


@dataclass(frozen=True, kw_only=True)
class RulesResource:
    """Properties of the custom resource that places the rules of a deployment: the document's object, the
    rules' table, and what rules may name.
    """

    bucket: str = field(metadata={KEY: "Bucket"})
    key: str = field(metadata={KEY: "Key"})
    table: str = field(metadata={KEY: "Table"})
    decisions: tuple[str, ...] = field(metadata={KEY: "Decisions"})
    columns: Mapping[str, str] = field(metadata={KEY: "Columns"})


@dataclass(frozen=True, kw_only=True)
class ExpressRequest:
    """What the Express machine gives its function.

    Attributes:
        step: `decide`; or `repeat`, for a request that was decided before.
        item: the looked-up item in DynamoDB's notation; None without.
        look_up_failed: whether the look-up failed.
        answer: the endpoint's body, as text or as the JSON that it is.
        variant: the production variant that answered.
        failed: the endpoint's error; None when it answered.
        recorded: the record that was there already, in DynamoDB's notation; for `repeat`.
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
    """What the Express machine's function returns of `decide`.

    Attributes:
        item: the record to put if the request has none, in DynamoDB's notation.
        answer: for the caller.
        act: whether the action is called.
        action: what the action is called with.
    """

    item: Section
    answer: Section
    act: bool
    action: Section


@dataclass(frozen=True, kw_only=True)
class RepeatedAnswer:
    """What the Express machine's function returns of `repeat`; see `DecidedAnswer`."""

    answer: Section
    act: bool
    action: Section
