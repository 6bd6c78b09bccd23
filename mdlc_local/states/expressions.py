"""Evaluates JSONata in state machines with the jsonata-python package.

moto's interpreter needs a Java engine. It also inserts the state's data into the expression's text, which
fails on quotes and must be parsed again for every value. Here the data are bound as variables.
"""

import json
import math
import re
from typing import Any

import jsonata
from jsonata.utils import Utils
from moto.stepfunctions.parser.asl.component.common.query_language import QueryLanguageMode

from mdlc_local import patches
from mdlc_local.errors import LocalAwsError
from mdlc_local.states.evaluation import evaluation_failure
from mdlc_local.states.pools import Pool

STRINGS = "moto.stepfunctions.parser.asl.component.common.string.string_expression"
TIMEOUT_MILLISECONDS = 5000
"""The timeout of one expression. AWS's is shorter, but a developer's machine may be busy."""


class EvaluationError(LocalAwsError):
    """An expression cannot be evaluated or has no result; the message is AWS's."""


def evaluate(expression: str, variables: dict[str, Any]) -> Any:
    """The value of a JSONata expression (the text between the braces), as plain JSON data.

    Args:
        expression: the expression.
        variables: the values of its variables; ``states`` holds the state's input, context and result.

    Raises:
        EvaluationError: when the expression is invalid or fails, or its result is undefined or not JSON.
    """
    bindings = {name: Utils.NULL_VALUE if value is None else value for name, value in variables.items()}
    try:
        with _engines.lend(expression) as engine:
            engine.environment.set_runtime_bounds(TIMEOUT_MILLISECONDS, None)
            # The engine's functions look up their engine in a thread-local variable.
            jsonata.Jsonata.CURRENT.jsonata = engine
            value = engine.evaluate(None, bindings)
    except Exception as error:  # the engine raises plain Python errors too, where its checks are incomplete
        code, text = getattr(error, "error", None), str(error)
        text = f"{code}: {text}" if code else text
        coded = re.match(r"[A-Z]\d{4}: ", text) is not None
        raise EvaluationError(f"threw an error during evaluation{'. ' if coded else ': '}{text}") from error
    if value is None:
        raise EvaluationError("returned nothing (undefined).")
    return _plain(value)


def _engine(expression: str) -> Any:
    engine = jsonata.Jsonata.jsonata(expression)
    engine.set_output_convert_nulls(False)
    patches.take("ministack.services.stepfunctions", "_register_sfn_jsonata_functions", "expr")(engine)
    engine.register_lambda("range", _range)
    # AWS has no $eval; calling a value that is not a function is T1006.
    engine.environment.bind("eval", None)
    return engine


def _range(start: Any, end: Any, step: Any) -> Any:
    """$range returns a JSONata sequence: one element is returned itself, no element is undefined."""
    numbers = patches.take("ministack.services.stepfunctions", "_sfn_jsonata_range", "start end step")
    bounds = numbers(start, end, step)
    if isinstance(bounds, list) and len(bounds) < 2:
        return bounds[0] if bounds else None
    return bounds


_engines: Pool[Any] = Pool(_engine, texts=500, spare=8)


def _plain(value: Any) -> Any:
    """A copy of the engine's result with JSON types only; integral numbers become int, as in AWS's JSON."""
    if value is Utils.NULL_VALUE or value is None:
        return None
    if isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise EvaluationError("returned a number that JSON cannot hold.")
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise EvaluationError("returned an unsupported result type.")


def _bound(environment: Any, with_states: bool) -> dict[str, Any]:
    store = environment.variable_store
    variables = {**store._outer_scope, **store._inner_scope}
    if with_states:
        variables["states"] = environment.states._states_data
    return variables


def _push(environment: Any, expression: str, *, place: str, with_states: bool) -> None:
    """Evaluate for moto's interpreter: put the value on its stack, or record a failure in its history."""
    try:
        value = evaluate(expression, _bound(environment, with_states))
        expect(value, place)
    except EvaluationError as error:
        field = place or environment.next_field_name
        cause = f"The JSONata expression '{expression}' specified for the field '{field}' {error}"
        raise evaluation_failure(environment, cause, field) from error
    environment.stack.append(value)


EXPECTED = (
    (re.compile(r"Items"), "array", list),
    (re.compile(r"Choices\[\d+\]/Condition"), "boolean", bool),
    (re.compile(r"Seconds|TimeoutSeconds|HeartbeatSeconds|MaxConcurrency"), "number", int | float),
    (re.compile(r"ToleratedFailure(Count|Percentage)"), "number", int | float),
    (re.compile(r"ItemBatcher/Max\w+|ItemReader/ReaderConfig/MaxItems"), "number", int | float),
    (re.compile(r"Error|Cause|Timestamp|Credentials/RoleArn"), "string", str),
)
"""The fields that require a type: a pattern of the field's path, the type's name, and the Python type.

Recorded answers of AWS cover only Items; the others are assumed to behave like it.
"""


def expect(value: Any, place: str) -> None:
    """Check that a value has the type that the field at `place` requires.

    Raises:
        EvaluationError: when it does not.
    """
    for pattern, name, kind in EXPECTED:
        if not pattern.fullmatch(place):
            continue
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        raise EvaluationError(
            f"returned an unexpected result type. Expected '{name}', but was '{_type_name(value)}' "
            f"for value: {text}"
        )


def _type_name(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    names = ((str, "string"), (int | float, "number"), (list, "array"))
    return next((name for kind, name in names if isinstance(value, kind)), "object")


def install() -> None:
    """Make moto's interpreter evaluate JSONata by this module."""

    def evaluate_jsonata(self: Any, env: Any) -> None:
        _push(env, self.expression, place=self.place, with_states=True)

    def evaluate_variable(self: Any, env: Any) -> None:
        with_states = self.query_language_mode == QueryLanguageMode.JSONata
        _push(env, self.expression, place="", with_states=with_states)

    for kind, replacement in (
        ("StringJSONata", evaluate_jsonata),
        ("StringVariableSample", evaluate_variable),
    ):
        patches.take(f"{STRINGS}:{kind}", "_eval_body", "self env")
        patches.replace(f"{STRINGS}:{kind}", "_eval_body", replacement)
