"""The arguments of the team's ``train``: hyperparameters with the types of its signature, and the context.

SageMaker passes hyperparameters as texts. Every keyword-only parameter of ``train`` that is no name of
`CONTEXT` is a hyperparameter, and its annotation says what its text is read as.
"""

import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mdlc_container.errors import ContainerError

CONTEXT = ("weight", "validation", "checkpoints", "stopping", "channels")
"""What ``train`` gets when it has a keyword-only parameter of that name."""

_BOOLEANS = {"true": True, "false": False}
_READ: Mapping[str, Callable[[str], Any]] = {
    "int": int,
    "float": float,
    "bool": lambda text: _BOOLEANS[text.lower()],
}


def read_hyperparameters(base: Path) -> dict[str, str]:
    """The hyperparameters of this job, as texts.

    SageMaker adds its own to those of a tuning's trials, such as ``_tuning_objective_metric``: names that
    begin with ``_`` are left out.
    """
    path = base / "input" / "config" / "hyperparameters.json"
    values = json.loads(path.read_text()) if path.is_file() else {}
    return {str(name): str(text) for name, text in values.items() if not str(name).startswith("_")}


def hyperparameters(train: Callable[..., Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """The hyperparameters of ``train``, typed.

    Raises:
        ContainerError: for one that ``train`` does not take, that is missing, or whose text has another type.
    """
    known = {
        name: parameter
        for name, parameter in inspect.signature(train).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and name not in CONTEXT
    }
    for name in texts:
        if name not in known:
            raise ContainerError(
                f"hyperparameter {name!r} is no keyword-only parameter of train(): it takes "
                f"{', '.join(known) or 'none'}"
            )
    for name, parameter in known.items():
        if name not in texts and parameter.default is inspect.Parameter.empty:
            raise ContainerError(f"train() needs the hyperparameter {name!r}: give it, or a default")
    return {name: _typed(name, text, _kind(known[name].annotation)) for name, text in texts.items()}


def _kind(annotation: Any) -> str:
    """The name of an annotation, which is a text where annotations are not evaluated."""
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "str")


def _typed(name: str, text: str, kind: str) -> Any:
    read = _READ.get(kind)
    if read is None:
        return text
    try:
        value = read(text)
        if value != value:
            raise ValueError("not a number")
        return value
    except (ValueError, KeyError):
        raise ContainerError(f"hyperparameter {name}={text!r} is no {kind}, which train() declares") from None


def context(train: Callable[..., Any], offered: Mapping[str, Any]) -> dict[str, Any]:
    """What of the context ``train`` takes."""
    parameters = inspect.signature(train).parameters
    return {name: value for name, value in offered.items() if name in parameters}
