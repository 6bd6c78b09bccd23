"""JSONata expressions that the Express machine evaluates itself. Pure text.

Tests check that they compute the same as the functions.
"""

import json
from collections.abc import Mapping

from mdlc_constructs.settings.decisions import Decisions
from mdlc_constructs.workflows.ending import ERROR, FAILURE

REQUEST_ID = "$states.context.Execution.Input.request_id"
ROW = "$states.context.Execution.Input.row"

RULES_DOWN = "rules down"
"""The reason of a fallback decision when the rules function could not be called."""

_MAX_INTEGER = 2**53

# A function's error arrives as JSON with its message and its stack, which is nobody's business.
REFUSAL: Mapping[str, object] = {
    "Error": ERROR,
    "Cause": "{% $parse($states.errorOutput.Cause).errorMessage %}",
}

SCORED: Mapping[str, object] = {
    # The body may be text or already parsed as JSON. `$string` is not used, as it would round its numbers.
    "answer": "{% $states.result.Body %}",
    "variant": (
        "{% $exists($states.result.InvokedProductionVariant) "
        "? $states.result.InvokedProductionVariant : null %}"
    ),
    "failed": None,
}
NOT_SCORED: Mapping[str, object] = {"answer": None, "variant": None, "failed": FAILURE}

_ANSWERED = ("request_id", "decision", "score", "model_version", "rules_version", "fallback", "inference_id")
_TO_ACTION = (
    *("request_id", "api", "model", "decision", "rule", "score", "model_version", "rules_version"),
    *("fallback", "row", "features", "at"),
)


def lookup_key(decisions: Decisions) -> dict[str, dict[str, str]]:
    """The key of the row's item in the feature table."""
    lookup = decisions.lookup
    assert lookup is not None
    if decisions.columns[lookup.key] not in ("number", "integer"):
        return {lookup.table_key: {"S": f"{{% $lookup({ROW}, {_text(lookup.key)}) %}}"}}
    # `$string` keeps 15 digits of a number, so a longer key would not match its item.
    whole = "$floor($key) = $key ? $formatBase($key, 10) : $string($key)"
    return {lookup.table_key: {"N": f"{{% ($key := $lookup({ROW}, {_text(lookup.key)}); {whole}) %}}"}}


def features(decisions: Decisions, item: str) -> str:
    """The row with the looked-up columns: the caller's value, else the item's, else the default.

    Args:
        decisions: the settings, with a `lookup`.
        item: an expression whose value is the item, or nothing when there is none.
    """
    lookup = decisions.lookup
    assert lookup is not None
    columns = ", ".join(
        f"{_text(name)}: {_sent(name)} ? $lookup($row, {_text(name)}) : "
        f"{_usable(decisions, name)} ? {_value(decisions, name)} : {json.dumps(default)}"
        for name, default in lookup.defaults.items()
    )
    return f"{{% ($row := {ROW}; $found := {item}; $merge([$row, {{{columns}}}])) %}}"


def made_without_rules(decisions: Decisions, *, api: str, model: str, acts: bool) -> str:
    """The rules function's response with the fallback decision, for when that function cannot be called.

    The score is omitted, because parsing an invalid response of the endpoint would fail the execution; the
    endpoint's captured data has it under the inference id. Numbers of the row are written with 15 digits, as
    `$string` does; `lambdas.functions.decide.record` compares them with the same precision.
    """
    decision = decisions.fallback.decision
    chosen = decisions.action.decisions
    act = acts and (chosen is None or decision in chosen)
    looked_up = decisions.lookup is not None
    values = {
        "request_id": REQUEST_ID,
        "inference_id": REQUEST_ID,
        "api": _text(api),
        "model": _text(model),
        "row": "$row",
        "features": "$features" if looked_up else "$row",
        "defaults_used": _defaults_used(decisions),
        "score": "null",
        "model_version": "null",
        "variant": "$scored.variant",
        "rules_version": "null",
        "rule": "null",
        "decision": _text(decision),
        "fallback": _text(RULES_DOWN),
        "action": _text("pending" if act else "none"),
        "at": "$at",
    }
    as_json = ("row", "features", "defaults_used", "score")
    item = {
        name: f'{{"S": $string({value})}}'
        if name in as_json
        else '{"NULL": true}'
        if value == "null"
        else f'{{"S": {value}}}'
        for name, value in values.items()
    }
    item["variant"] = '$scored.variant = null ? {"NULL": true} : {"S": $scored.variant}'
    if decisions.kept is not None:
        seconds = int(decisions.kept.total_seconds())
        item["expires_at"] = f'{{"N": $string($floor($millis() / 1000) + {seconds})}}'
    parts = {
        "item": _object(item),
        "answer": _object({name: values[name] for name in _ANSWERED}),
        "act": json.dumps(act),
        "action": _object({name: values[name] for name in _TO_ACTION}),
    }
    return f"{{% ($row := {ROW}; $at := $now(); {_object(parts)}) %}}"


def _defaults_used(decisions: Decisions) -> str:
    if decisions.lookup is None:
        return "[]"
    used = (
        f"$not({_sent(name)}) and $not({_usable(decisions, name)}) ? [{_text(name)}] : []"
        for name in decisions.lookup.defaults
    )
    appended = "[]"
    for default in used:
        appended = f"$append({appended}, {default})"
    return f"($found := $item; {appended})"


def _sent(column: str) -> str:
    value = f"$lookup($row, {_text(column)})"
    return f"($exists({value}) and {value} != null)"


def _of(column: str) -> str:
    return f"$lookup($found, {_text(column)})"


def _usable(decisions: Decisions, column: str) -> str:
    """A condition: whether the item has a value of the column's type."""
    kind = decisions.columns[column]
    if kind == "boolean":
        return f"$exists({_of(column)}.BOOL)"
    if kind not in ("number", "integer"):
        return f"$exists({_of(column)}.S)"
    if kind == "number":
        return f"$exists({_of(column)}.N)"
    number = f"$number({_of(column)}.N)"
    return f"($exists({_of(column)}.N) and $floor({number}) = {number} and $abs({number}) <= {_MAX_INTEGER})"


def _value(decisions: Decisions, column: str) -> str:
    kind = decisions.columns[column]
    if kind in ("number", "integer"):
        return f"$number({_of(column)}.N)"
    return f"{_of(column)}.{'BOOL' if kind == 'boolean' else 'S'}"


def _object(members: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_text(name)}: {value}" for name, value in members.items()) + "}"


def _text(value: str) -> str:
    return json.dumps(value)
