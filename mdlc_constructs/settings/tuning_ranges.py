"""The ranges that a tuning searches: numbers, whole numbers, and lists of values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mdlc_constructs.settings.algorithms.hyperparameters import Value, text_of
from mdlc_constructs.settings.numbers import is_number
from mdlc_constructs.settings.refusal import refusal, unknown

Scaling = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]
SCALINGS = ("Auto", "Linear", "Logarithmic", "ReverseLogarithmic")
MAX_VALUES = 30
"""The most values of a categorical range. Source: ``ParameterValues`` in SageMaker's API model."""
MAX_TEXT = 256
"""The most characters of a value of a range. Source: ``ParameterValue`` in SageMaker's API model."""


def _check_order(low: float, high: float) -> None:
    for name, value in (("low", low), ("high", high)):
        if not is_number(value):
            raise refusal(name, value, "give a finite number.")
    if low >= high:
        raise refusal(
            "low",
            low,
            f"is not below high={high}: give the smaller number first"
            + (", or leave out a hyperparameter that has one value." if low == high else "."),
        )


def _check_scaling(scaling: str, low: float, known: tuple[str, ...]) -> None:
    if scaling not in known:
        raise unknown("scaling", scaling, known, what="scaling of this range")
    if scaling == "Logarithmic" and low <= 0:
        raise refusal(
            "scaling", scaling, f"needs numbers above 0 and low={low}: raise low, or give 'Linear'."
        )


@dataclass(frozen=True)
class Continuous:
    """Numbers from ``low`` to ``high``.

    Args:
        low: the smallest number.
        high: the largest number.
        scaling: "Logarithmic" where 0.001, 0.01 and 0.1 are equally far apart (above 0 only),
            "ReverseLogarithmic" where 0.9, 0.99 and 0.999 are (from 0 to below 1), "Linear", or "Auto", with
            which SageMaker chooses.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    low: float
    high: float
    scaling: Scaling = "Auto"

    def __post_init__(self) -> None:
        _check_order(self.low, self.high)
        _check_scaling(self.scaling, self.low, SCALINGS)
        if self.scaling == "ReverseLogarithmic" and not 0 <= self.low < self.high < 1:
            raise refusal(
                "scaling",
                self.scaling,
                f"needs numbers from 0 to below 1, not {self.low} to {self.high}: give 'Linear'.",
            )

    @property
    def values(self) -> tuple[Value, ...]:
        """The values that must be allowed so that all are."""
        return (float(self.low), float(self.high))

    @property
    def combinations(self) -> None:
        """The number of its values; None, because it is not finite."""
        return None

    def to_request(self, name: str) -> dict[str, object]:
        """The API's ``ContinuousParameterRange``."""
        low, high = (text_of(float(value)) for value in (self.low, self.high))
        return {"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": self.scaling}


@dataclass(frozen=True)
class Integer:
    """Whole numbers from ``low`` to ``high``.

    Args:
        low: the smallest number.
        high: the largest number.
        scaling: as in `Continuous`; "ReverseLogarithmic" is for `Continuous` only.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    low: int
    high: int
    scaling: Scaling = "Auto"

    def __post_init__(self) -> None:
        for name, value in (("low", self.low), ("high", self.high)):
            if isinstance(value, bool) or not isinstance(value, int):
                raise refusal(name, value, "give a whole number, or a Continuous range.")
        _check_order(self.low, self.high)
        _check_scaling(self.scaling, self.low, SCALINGS[:3])

    @property
    def values(self) -> tuple[Value, ...]:
        """The values that must be allowed so that all are."""
        return (self.low, self.high)

    @property
    def combinations(self) -> int:
        """The number of its values."""
        return self.high - self.low + 1

    def to_request(self, name: str) -> dict[str, object]:
        """The API's ``IntegerParameterRange``."""
        low, high = text_of(self.low), text_of(self.high)
        return {"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": self.scaling}


@dataclass(frozen=True)
class Categorical:
    """A list of values.

    Args:
        values: texts, numbers or booleans.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    values: Sequence[Value]

    def __post_init__(self) -> None:
        if isinstance(self.values, str) or not isinstance(self.values, (tuple, list)):
            raise refusal("values", self.values, "give a list of values, such as Categorical([3, 6, 9]).")
        object.__setattr__(self, "values", tuple(self.values))
        for value in self.values:
            if not isinstance(value, (str, bool)) and not is_number(value):
                raise refusal("values", value, "give texts, finite numbers, True or False.")
        texts = [text_of(value) for value in self.values]
        if not 1 <= len(texts) <= MAX_VALUES:
            raise refusal("values", list(self.values), f"has {len(texts)}: give 1 to {MAX_VALUES}.")
        for text in texts:
            if texts.count(text) > 1:
                raise refusal("values", text, "occurs twice; give each value once.")
            if len(text) > MAX_TEXT:
                raise refusal("values", text, f"has more than {MAX_TEXT} characters; shorten it.")

    @property
    def combinations(self) -> int:
        """The number of its values."""
        return len(self.values)

    def to_request(self, name: str) -> dict[str, object]:
        """The API's ``CategoricalParameterRange``."""
        return {"Name": name, "Values": [text_of(value) for value in self.values]}


TuningRange = Continuous | Integer | Categorical

KINDS: Mapping[type, str] = {
    Continuous: "ContinuousParameterRanges",
    Integer: "IntegerParameterRanges",
    Categorical: "CategoricalParameterRanges",
}
"""The member of the API's ``ParameterRanges`` for each kind of range."""


def check_kind(name: str, searched: TuningRange, kind: str) -> None:
    """Refuse a range of another kind than the algorithm takes; a list of values is always accepted.

    Args:
        name: the hyperparameter.
        searched: its range.
        kind: the kind that the algorithm takes, a value of `KINDS`.

    Raises:
        ValueError: naming the hyperparameter and the right kind.
    """
    if isinstance(searched, Categorical) or KINDS[type(searched)] == kind:
        return
    right = next(known.__name__ for known, member in KINDS.items() if member == kind)
    raise refusal(
        f"ranges[{name!r}]",
        type(searched).__name__,
        f"the algorithm takes {right} for it; give {right}(...), or a Categorical([...]).",
    )


def to_request(ranges: Mapping[str, TuningRange]) -> dict[str, object]:
    """The API's ``ParameterRanges``."""
    members: dict[str, list[dict[str, object]]] = {}
    for name, searched in ranges.items():
        members.setdefault(KINDS[type(searched)], []).append(searched.to_request(name))
    return dict(members)
