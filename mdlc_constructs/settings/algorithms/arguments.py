"""The arguments of the generated constructors: unknown and missing ones are refused by sentences."""

import keyword
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, signature
from typing import ParamSpec, Self, TypeVar

from mdlc_constructs.settings.algorithms.table import algorithm_facts
from mdlc_constructs.settings.refusal import refusal, unknown

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Creatable(ABC):
    """What the generated constructors need of the class that they are mixed into."""

    @classmethod
    @abstractmethod
    def create(cls, algorithm: str, arguments: Mapping[str, object]) -> Self:
        """The algorithm of a name, with the arguments of its constructor; None stands for one left out."""


def named_arguments(algorithm: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Make a constructor refuse unknown arguments with a suggestion, and missing ones with their values."""

    def decorate(make: Callable[_P, _R]) -> Callable[_P, _R]:
        parameters = dict(list(signature(make).parameters.items())[1:])

        @wraps(make)
        def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            values = {argument_of(name): value for name, value in kwargs.items()}
            facts = algorithm_facts(algorithm)
            for name in kwargs:
                if argument_of(name) not in parameters:
                    raise unknown("hyperparameters", name, parameters, what=f"{facts.title} hyperparameter")
            for name, parameter in parameters.items():
                if parameter.default is Parameter.empty and values.get(name) is None:
                    row = facts.hyperparameters[name]
                    what = f", {row.meaning}" if row.meaning else ""
                    raise refusal(name, None, f"is required{what}: give {row.described}.")
            return make(*args, **values)  # type: ignore[arg-type]  # the same arguments under Python's names

        return checked

    return decorate


def argument_of(hyperparameter: str) -> str:
    """The name of a hyperparameter in Python: ``lambda`` is a keyword, so it is ``reg_lambda``."""
    return f"reg_{hyperparameter}" if keyword.iskeyword(hyperparameter) else hyperparameter


def hyperparameter_of(argument: str) -> str:
    """The name of a hyperparameter whose argument is another one, because it is a keyword."""
    name = argument.removeprefix("reg_")
    return name if keyword.iskeyword(name) else argument
