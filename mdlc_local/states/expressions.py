"""JSONata in state machines, evaluated by the jsonata-python package.

moto's interpreter writes the state's data into the expression's text, which breaks on quotes and is parsed
anew for every value, and expects a Java engine. Here the data is bound as it is.
"""

import math
from typing import Any

import jsonata
from jsonata.utils import Utils
from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.query_language import QueryLanguageMode
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from mdlc_local import seams
from mdlc_local.states.pools import Pool

STRINGS = "moto.stepfunctions.parser.asl.component.common.string.string_expression"
TIMEOUT_MILLISECONDS = 5000
"""How long one expression may take. AWS allows less, but a developer's machine may be busy."""


class EvaluationError(Exception):
    """An expression cannot be evaluated or has no result; the text is AWS's wording."""


def evaluate(expression: str, variables: dict[str, Any]) -> Any:
    """The value of a JSONata expression (the text between the braces), as plain JSON data.

    Args:
        expression: the expression.
        variables: what `$name` means in it; ``states`` holds the state's input, context and result.

    Raises:
        EvaluationError: when the expression is wrong, fails, or its result is undefined or no JSON.
    """
    bindings = {name: Utils.NULL_VALUE if value is None else value for name, value in variables.items()}
    try:
        with _engines.lend(expression) as engine:
            engine.environment.set_runtime_bounds(TIMEOUT_MILLISECONDS, None)
            # The engine's functions look their engine up by the thread.
            jsonata.Jsonata.CURRENT.jsonata = engine
            value = engine.evaluate(None, bindings)
    except Exception as error:  # the engine raises plain Python errors too, where its checks are incomplete
        code = getattr(error, "error", None)
        raise EvaluationError(
            f"threw an error during evaluation. {f'{code}: ' if code else ''}{error}"
        ) from error
    if value is None:
        raise EvaluationError("returned nothing (undefined).")
    return _plain(value)


def _engine(expression: str) -> Any:
    engine = jsonata.Jsonata.jsonata(expression)
    engine.set_output_convert_nulls(False)
    seams.take("ministack.services.stepfunctions", "_register_sfn_jsonata_functions", "expr")(engine)
    return engine


_engines: Pool[Any] = Pool(_engine, texts=500, spare=8)


def _plain(value: Any) -> Any:
    """A copy of the engine's result made of JSON types only; a whole number is an int, as in JSON on AWS."""
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


def _push(environment: Any, expression: str, with_states: bool) -> None:
    """Evaluate for the interpreter: the value goes on its stack, a failure into its history."""
    try:
        environment.stack.append(evaluate(expression, _bound(environment, with_states)))
    except EvaluationError as error:
        field = environment.next_field_name
        cause = f"The JSONata expression '{expression}' specified for the field '{field}' {error}"
        name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
        details = EventDetails(
            evaluationFailedEventDetails=EvaluationFailedEventDetails(cause=cause, error=name.error_name)
        )
        environment.event_manager.add_event(
            context=environment.event_history_context,
            event_type=HistoryEventType.EvaluationFailed,
            event_details=details,
        )
        raise FailureEventException(
            failure_event=FailureEvent(
                env=environment,
                error_name=name,
                event_type=HistoryEventType.EvaluationFailed,
                event_details=details,
            )
        ) from error


def install() -> None:
    """Make moto's interpreter evaluate JSONata here."""

    def evaluate_jsonata(self: Any, env: Any) -> None:
        _push(env, self.expression, with_states=True)

    def evaluate_variable(self: Any, env: Any) -> None:
        _push(env, self.expression, with_states=self.query_language_mode == QueryLanguageMode.JSONata)

    for kind, replacement in (
        ("StringJSONata", evaluate_jsonata),
        ("StringVariableSample", evaluate_variable),
    ):
        seams.take(f"{STRINGS}:{kind}", "_eval_body", "self env")
        seams.replace(f"{STRINGS}:{kind}", "_eval_body", replacement)
