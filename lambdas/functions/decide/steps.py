"""The steps of a decision as pure functions, used by both handlers.

Features (`collect`), request to the endpoint (`request_line`), its answer (`read_answer`), rules
(`conclude`). `lambdas.functions.decide.record` builds the record of their results.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from lambdas.planning.items import Item
from mdlc_constructs.settings.answer_columns import answer_values
from mdlc_constructs.settings.payloads.codec import JsonValue
from mdlc_constructs.settings.payloads.decision import DecideSettings, LookupSettings
from mdlc_constructs.settings.rules import Rules, is_missing

Row = Mapping[str, JsonValue]

ENDPOINT_TIMEOUT = "endpoint timeout"
ENDPOINT_DOWN = "endpoint down"
ROW_REFUSED = "row refused"
ANSWER_UNREADABLE = "answer unreadable"
RULES_MISSING = "rules missing"
RULES_DOWN = "rules down"
"""The recorded reasons of fallback decisions."""

# SageMaker's message when the container answered with a 4xx status.
_REFUSED_BY_CONTAINER = re.compile(r"Received client error \(4\d\d\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """The row for the model and the rules.

    Attributes:
        values: the caller's columns and the looked-up ones.
        defaults_used: the looked-up columns whose declared default is used.
    """

    values: dict[str, JsonValue]
    defaults_used: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score with the version of the model that gave it, or the reason why there is none.

    Attributes:
        prediction: of a model of several classes, the most probable one; the score is its probability.
        probabilities: of such a model, by class.
    """

    value: float | None
    model_version: int | str | None
    missing: str | None
    prediction: str | None = None
    probabilities: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The decision and the rule that made it; `fallback` is the reason of a fallback decision."""

    decision: str
    rule: str | None
    rules_version: str | None
    fallback: str | None


def collect(row: Row, lookup: LookupSettings | None, item: Item | None) -> Features:
    """The row with the looked-up columns. The caller's value is preferred, unless it is null.

    Args:
        lookup: the settings' section, or None when nothing is looked up.
        item: the item in DynamoDB JSON; None when there is none or the look-up failed.
    """
    if lookup is None:
        return Features(values=dict(row), defaults_used=())
    values = dict(row)
    used = []
    for column, default in lookup.defaults.items():
        if not is_missing(row.get(column)):
            continue
        value = _plain((item or {}).get(column), lookup.types[column])
        if value is None:
            used.append(column)
            value = default
        values[column] = value
    return Features(values=values, defaults_used=tuple(used))


def lookup_key(row: Row, lookup: LookupSettings) -> Item | None:
    """The key of the row's item in DynamoDB JSON, or None when the row has no value for it."""
    value = row.get(lookup.key)
    if is_missing(value) or value == "":
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return {lookup.table_key: {lookup.key_type: text}}


def request_line(features: Features) -> str:
    """The endpoint's request: the row as one line of JSON."""
    return json.dumps(features.values, separators=(",", ":"), allow_nan=False)


def read_answer(body: str) -> Score:
    """The score in the endpoint's answer: a line of `{"score", "version"}`, or a number alone.

    An answer about several classes has `prediction` and `probabilities` too.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    version = prediction = probabilities = None
    if isinstance(content, dict):
        prediction, probabilities = _classes(content)
        version = content.get("version")
        version = version if isinstance(version, (int, str)) and not isinstance(version, bool) else None
        content = content.get("score")
    try:
        usable = isinstance(content, (int, float)) and not isinstance(content, bool)
        value = float(content) if usable and content is not None else math.nan
    except OverflowError:
        value = math.nan
    if not math.isfinite(value):
        return Score(value=None, model_version=version, missing=ANSWER_UNREADABLE)
    return Score(
        value=value,
        model_version=version,
        missing=None,
        prediction=prediction,
        probabilities=probabilities,
    )


def _classes(content: Mapping[str, JsonValue]) -> tuple[str | None, dict[str, float] | None]:
    """The predicted class and the probability of each; None for an answer of one number."""
    prediction, probabilities = content.get("prediction"), content.get("probabilities")
    if not isinstance(prediction, str) or not isinstance(probabilities, Mapping):
        return None, None
    numbers = {
        name: float(value)
        for name, value in probabilities.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    return (prediction, numbers) if len(numbers) == len(probabilities) else (None, None)


def no_score(error: str, message: str) -> Score:
    """No score, because the call of the endpoint failed.

    Args:
        error: the error's name, as SageMaker, Step Functions or `lambdas.functions.decide.calls` spells it.
        message: the error's message.
    """
    if "ModelError" in error and _REFUSED_BY_CONTAINER.search(message):
        reason = ROW_REFUSED
    else:
        reason = ENDPOINT_TIMEOUT if "Timeout" in error else ENDPOINT_DOWN
    return Score(value=None, model_version=None, missing=reason)


def may_repeat(error: str, message: str) -> bool:
    """Whether the endpoint may be called again: not after a timeout, nor when it refused the row."""
    return no_score(error, message).missing == ENDPOINT_DOWN


def conclude(settings: DecideSettings, rules: Rules | None, score: Score, features: Features) -> Conclusion:
    """The rules' decision, or the fallback decision without a score or rules."""
    version = rules.recorded if rules else None
    if rules is None or score.value is None:
        return Conclusion(
            decision=settings.fallback.decision,
            rule=None,
            rules_version=version,
            fallback=score.missing or RULES_MISSING,
        )
    answer = answer_values(score.prediction, score.probabilities)
    verdict = rules.decide(score.value, {**features.values, **answer})
    return Conclusion(decision=verdict.decision, rule=verdict.rule, rules_version=version, fallback=None)


def _plain(value: Mapping[str, object] | None, kind: str) -> JsonValue:
    """A value from DynamoDB JSON in the column's type; None when it is missing or of another type."""
    if not value:
        return None
    if kind == "boolean":
        return value.get("BOOL")
    if kind not in ("number", "integer"):
        return value.get("S")
    text = value.get("N")
    if text is None:
        return None
    number = float(str(text))
    if number.is_integer() and abs(number) <= 2**53:
        return int(number)
    return number if kind == "number" and math.isfinite(number) else None
