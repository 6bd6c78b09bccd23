"""The ranges of a tuning job, as values of a search and as the texts of hyperparameters."""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mdlc_local.errors import invalid

WIDE = 100
"""From this ratio of the bounds on, scaling Auto is logarithmic; SageMaker does not say how it chooses."""


@dataclass(frozen=True)
class SearchRange:
    """A range of one hyperparameter.

    Attributes:
        kind: `float`, `int` or `choice`.
        low: the smallest number, of a reverse logarithmic scale 1 minus the largest.
        high: the largest number, of a reverse logarithmic scale 1 minus the smallest.
        log: whether the scale is logarithmic.
        reverse: whether the searched number is 1 minus the hyperparameter.
        choices: the values of a choice.
    """

    name: str
    kind: Literal["float", "int", "choice"]
    low: float = 0
    high: float = 0
    log: bool = False
    reverse: bool = False
    choices: tuple[str, ...] = ()

    def text(self, value: Any) -> str:
        """The hyperparameter's text of a searched value."""
        if self.kind == "choice":
            return str(value)
        if self.kind == "int":
            return str(int(value))
        return repr(1 - float(value) if self.reverse else float(value))

    def value(self, text: str) -> Any:
        """The searched value of a hyperparameter's text; None when it is not in the range."""
        if self.kind == "choice":
            return text if text in self.choices else None
        try:
            number = 1 - float(text) if self.reverse else float(text)
        except ValueError:
            return None
        if not self.low <= number <= self.high or (self.kind == "int" and number != int(number)):
            return None
        return int(number) if self.kind == "int" else number

    @property
    def size(self) -> float:
        """The number of values."""
        if self.kind == "choice":
            return len(self.choices)
        return self.high - self.low + 1 if self.kind == "int" else math.inf


def read(ranges: Mapping[str, Any]) -> tuple[SearchRange, ...]:
    """The ranges of a request's ParameterRanges.

    Raises:
        ApiError: ValidationException for ranges that SageMaker refuses.
    """
    searched = [
        *(_numbers(each, "float") for each in ranges.get("ContinuousParameterRanges", [])),
        *(_numbers(each, "int") for each in ranges.get("IntegerParameterRanges", [])),
        *(
            SearchRange(name=each["Name"], kind="choice", choices=tuple(each["Values"]))
            for each in ranges.get("CategoricalParameterRanges", [])
        ),
    ]
    names = [each.name for each in searched]
    if not searched:
        raise invalid("You must specify at least one hyperparameter range for the hyperparameter tuning job.")
    for name in names:
        if names.count(name) > 1:
            raise invalid(f"The hyperparameter [{name}] has more than one range.")
    return tuple(searched)


def _numbers(request: Mapping[str, str], kind: Literal["float", "int"]) -> SearchRange:
    name, scaling = request["Name"], request.get("ScalingType", "Auto")
    try:
        parse = int if kind == "int" else float
        low, high = parse(request["MinValue"]), parse(request["MaxValue"])
    except ValueError as error:
        raise invalid(
            f"The range of the hyperparameter [{name}] has a bound that is no {kind}: {error}"
        ) from error
    if low >= high:
        raise invalid(
            f"The MinValue [{request['MinValue']}] of the hyperparameter [{name}] must be less than its "
            f"MaxValue [{request['MaxValue']}]."
        )
    if scaling == "Logarithmic" and low <= 0:
        raise invalid(
            f"The hyperparameter [{name}] has logarithmic scaling, which needs values greater than 0."
        )
    if scaling == "ReverseLogarithmic":
        if kind == "int" or not 0 <= low < high < 1:
            raise invalid(
                f"The hyperparameter [{name}] has reverse logarithmic scaling, which needs a continuous "
                "range within 0<=x<1.0."
            )
        return SearchRange(name=name, kind=kind, low=1 - high, high=1 - low, log=True, reverse=True)
    log = scaling == "Logarithmic" or (scaling == "Auto" and low > 0 and high / low >= WIDE)
    return SearchRange(name=name, kind=kind, low=low, high=high, log=log)


def combinations(ranges: tuple[SearchRange, ...]) -> float:
    """The number of combinations of values; infinite with a continuous range."""
    return math.prod(each.size for each in ranges)


def grid(ranges: tuple[SearchRange, ...]) -> Iterator[dict[str, str]]:
    """Every combination of a grid, as texts."""
    for values in itertools.product(*(each.choices for each in ranges)):
        yield dict(zip((each.name for each in ranges), values, strict=True))
