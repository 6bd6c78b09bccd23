"""The hyperparameters of a script: command-line arguments, which the image's toolkit reads as JSON."""

import json
import re
from collections.abc import Mapping

from mdlc_constructs.settings.algorithms.hyperparameters import Value, check_by_name, check_length, text_of
from mdlc_constructs.settings.refusal import refusal

MAX_HYPERPARAMETERS = 100
"""Source: ``HyperParameters`` in SageMaker's API model."""

_OWN = 4  # hyperparameters that the image's toolkit reads
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def check_hyperparameters(hyperparameters: Mapping[str, Value]) -> None:
    """Refuse hyperparameters that are no arguments of a command line, or too many or too long ones.

    Raises:
        ValueError: naming the hyperparameter, its value and the remedy.
    """
    check_by_name(hyperparameters)
    check_number("hyperparameters", len(hyperparameters))
    for name, value in hyperparameters.items():
        check_name("hyperparameters", name)
        if not isinstance(value, (str, int, float)):
            raise refusal(f"hyperparameters[{name!r}]", value, "give text, a number, True or False.")
        check_length(name, as_json(value))


def check_number(argument: str, number: int) -> None:
    """Refuse more hyperparameters than fit into a training job beside those of the image.

    Raises:
        ValueError: naming the argument and the limit.
    """
    most = MAX_HYPERPARAMETERS - _OWN
    if number > most:
        raise refusal(argument, number, f"give at most {most}; the image reads {_OWN} of its own.")


def check_name(argument: str, name: object) -> None:
    """Refuse a name that is no argument of a command line, or that the image itself reads.

    Raises:
        ValueError: naming the argument, the name and the remedy.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise refusal(argument, name, "is passed as --name; give letters, digits and underscores.")
    if name.lower().startswith("sagemaker_") or name == "_tuning_objective_metric":
        raise refusal(argument, name, "the image itself reads this one; choose another name.")


def as_json(value: Value) -> str:
    """The text of a value that the toolkit turns back into the same command-line argument."""
    text = text_of(value)
    if not isinstance(value, str):
        return text
    try:
        json.loads(text)
    except ValueError:
        return text
    return json.dumps(text)
