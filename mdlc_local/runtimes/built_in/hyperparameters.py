"""The hyperparameters of a built-in algorithm, checked as its image checks them.

The messages are those of the images: github.com/aws/sagemaker-python-sdk/issues/132, /issues/889 and
github.com/kubeflow/pipelines/issues/1370.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mdlc_local.runtimes.built_in.container import CustomerError

AUTO = "auto"
"""The value by which an image chooses a hyperparameter itself."""

_TRUTH = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One hyperparameter.

    Attributes:
        kind: the type of its value; ``words`` is a JSON list of `choices`.
        default: its value when it is not set; None when the image has none.
        required: whether it must be set.
        low: the least number.
        high: the greatest number.
        choices: the allowed words.
        auto: whether the word ``auto`` is allowed in place of a number or of true and false.
        used: whether the stand-in uses it; what it does not use stands in its log.
    """

    kind: Literal["int", "float", "bool", "word", "words"]
    default: Any = None
    required: bool = False
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    auto: bool = False
    used: bool = True


def read(parameters: Mapping[str, Parameter], texts: Mapping[str, str]) -> dict[str, Any]:
    """The values of hyperparameters.json, and the defaults of those that it lacks.

    Names that begin with an underscore are SageMaker's own, such as ``_tuning_objective_metric``.

    Raises:
        CustomerError: for an unknown name, a missing required one, or a value that is out of range.
    """
    texts = {name: str(text) for name, text in texts.items() if not name.startswith("_")}
    unknown = [name for name in texts if name not in parameters]
    if unknown:
        listed = ", ".join(map(repr, unknown))
        verb = "was" if len(unknown) == 1 else "were"
        raise CustomerError(
            f"Additional hyperparameters are not allowed ({listed} {verb} unexpected) "
            "(caused by ValidationError)"
        )
    missing = [name for name, parameter in parameters.items() if parameter.required and name not in texts]
    if missing:
        raise CustomerError(
            f"No value(s) were specified for {', '.join(map(repr, missing))} which are required "
            "hyperparameter(s) (caused by ValidationError)"
        )
    return {
        name: _value(name, parameter, texts[name]) if name in texts else parameter.default
        for name, parameter in parameters.items()
    }


def unused(parameters: Mapping[str, Parameter], texts: Mapping[str, str]) -> list[str]:
    """The hyperparameters that are set and that the stand-in does not use."""
    return [name for name in texts if name in parameters and not parameters[name].used]


def _value(name: str, parameter: Parameter, text: str) -> Any:
    if parameter.auto and text == AUTO:
        return AUTO
    try:
        value = _parsed(parameter, text)
    except ValueError as error:
        raise _refusal(name, parameter, text) from error
    if parameter.kind in ("int", "float") and not parameter.low <= value <= parameter.high:
        raise _refusal(name, parameter, text)
    return value


def _parsed(parameter: Parameter, text: str) -> Any:
    match parameter.kind:
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "bool":
            if text not in _TRUTH:
                raise ValueError(text)
            return _TRUTH[text]
        case "words":
            words = json.loads(text)
            if not isinstance(words, list) or any(word not in parameter.choices for word in words):
                raise ValueError(text)
            return words
        case "word":
            if parameter.choices and text not in parameter.choices:
                raise ValueError(text)
            return text


def _refusal(name: str, parameter: Parameter, text: str) -> CustomerError:
    wanted = {
        "int": "an integer",
        "float": "a number",
        "bool": "true or false",
        "word": f"one of {list(parameter.choices)}",
        "words": f"a JSON list of {list(parameter.choices)}",
    }[parameter.kind]
    bounds = [
        *([f"at least {parameter.low:g}"] if parameter.low > -math.inf else []),
        *([f"at most {parameter.high:g}"] if parameter.high < math.inf else []),
    ]
    also = f" or {AUTO}" if parameter.auto else ""
    return CustomerError(
        f"Value {text!r} of hyperparameter {name!r} is not {' '.join([wanted, *bounds])}{also} "
        "(caused by ValidationError)"
    )
