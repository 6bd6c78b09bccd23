"""Hyperparameters: the values that each may have, and the texts that SageMaker's API takes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.token import is_number_token

Value = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class Range:
    """Numbers from ``low`` to ``high``; with ``above`` or ``below`` the lower or upper bound is excluded."""

    whole: bool = False
    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False

    @property
    def described(self) -> str:
        """The range in words: "a whole number from 1"."""
        return f"{'a whole number' if self.whole else 'a number'}{self._bounds()}"

    def refuses(self, value: Value) -> str | None:
        """The remedy when the value is not in the range; None when it is."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"give {self.described}."
        if is_number_token(value):
            return "a number that is known only at deployment cannot be checked; give it as a plain number."
        if isinstance(value, float) and (not math.isfinite(value) or (self.whole and value != int(value))):
            return f"give {self.described}."
        low_ok = value > self.low if self.above else value >= self.low
        high_ok = value < self.high if self.below else value <= self.high
        return None if low_ok and high_ok else f"give {self.described}."

    def number(self, value: float) -> float:
        """A number of the range as images read its text: 4 also for 4.0, and 1000 for 1e3, if it is whole."""
        return int(value) if self.whole else value

    def _bounds(self) -> str:
        parts = []
        if self.low > -math.inf:
            parts.append(f"{'above' if self.above else 'from'} {self.low:g}")
        if self.high < math.inf:
            parts.append(f"{'below' if self.below else 'to'} {self.high:g}")
        return " " + " ".join(parts) if parts else ""


MAX_TEXT_CHARACTERS = 2500
"""The maximum length of a hyperparameter's text. Source: ``HyperParameterValue`` in SageMaker's API model."""


def check_length(name: str, text: str) -> None:
    """Refuse a text that is longer than SageMaker accepts.

    Raises:
        ValueError: naming the hyperparameter, its length and the limit.
    """
    if len(text) > MAX_TEXT_CHARACTERS:
        raise ValueError(
            f"hyperparameters[{name!r}] has {len(text)} characters and SageMaker takes "
            f"{MAX_TEXT_CHARACTERS}: shorten it, or let the container read it from its training data."
        )


def check_by_name(hyperparameters: object) -> None:
    """Refuse hyperparameters that are not values by name.

    Raises:
        ValueError: with the right form.
    """
    if not isinstance(hyperparameters, Mapping) or not all(isinstance(name, str) for name in hyperparameters):
        raise refusal("hyperparameters", hyperparameters, "give values by name, such as {'max_depth': 3}.")


def check_value(name: str, value: Value, allowed: Range | tuple[str, ...] | None) -> None:
    """Refuse a value that is not in the range or not one of the words; None allows any.

    Raises:
        ValueError: naming the hyperparameter, its value and the remedy.
    """
    if isinstance(allowed, Range):
        reason = allowed.refuses(value)
        if reason:
            raise refusal(name, value, reason)
    elif not isinstance(value, (str, int, float)):
        raise refusal(name, value, "give a text, a number or a boolean.")
    elif allowed is not None and text_of(value) not in allowed:
        raise unknown(name, text_of(value), allowed, what=f"value of {name}")
    elif isinstance(value, float) and not is_number_token(value) and not math.isfinite(value):
        raise refusal(name, value, "give a finite number.")


def text_of(value: Value) -> str:
    """The text that SageMaker's API takes for a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
