"""One hyperparameter of a built-in algorithm: its values, its conditions, and how tuning may vary it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mdlc_constructs.settings.algorithms.hyperparameters import Range, Value, check_value, text_of
from mdlc_constructs.settings.refusal import refusal, unknown

Kind = Literal["integer", "number", "choice", "boolean", "text", "list"]
Argument = Value | Sequence[str] | Sequence[int] | Sequence[float]
"""What a constructor takes for a hyperparameter."""

_DECADES = 1000
"""From which ratio of its ends a tuned range is searched on a logarithmic scale."""


@dataclass(frozen=True, kw_only=True)
class Tunable:
    """The range that AWS recommends for tuning.

    Attributes:
        low, high: the ends of an integer or continuous range.
        choices: the values of a categorical one; empty for the others.
        scaling: ``Logarithmic`` where the range spans three decades or more, else ``Auto``.
    """

    kind: Literal["Integer", "Continuous", "Categorical"]
    low: float = 0.0
    high: float = 0.0
    choices: tuple[str, ...] = ()

    @property
    def scaling(self) -> Literal["Auto", "Logarithmic"]:
        """The scale on which the range is searched unless the user chooses one."""
        return "Logarithmic" if self.low > 0 and self.low * _DECADES <= self.high else "Auto"


@dataclass(frozen=True, kw_only=True)
class Hyperparameter:
    """A hyperparameter.

    Attributes:
        kind: what its value is.
        range: the numbers of an integer, a number, or a list of such.
        words: the words it takes: all of a choice, those besides numbers of the others; of a boolean, those
            of False and True.
        separator: between the values of a list; empty for a JSON list.
        default: the algorithm's own default, as text; empty when it has none or derives it.
        required: whether a training job needs it.
        follows: what of the dataset sets it: ``features``, ``classes``, ``task``, ``weights``, ``horizon``,
            ``frequency``; or ``value:`` and the value that the workflow gives; empty for none.
        needs: by other hyperparameter, the values with one of which alone it has an effect.
        required_with: by other hyperparameter, the values with which it is required; an empty tuple for any.
        tunable: the range for tuning; None when AWS does not tune it.
        meaning: what it is, for docstrings.
    """

    name: str
    kind: Kind
    range: Range | None = None
    words: tuple[str, ...] = ()
    separator: str = ""
    default: str = ""
    required: bool = False
    follows: str = ""
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tunable: Tunable | None = None
    meaning: str = ""

    def text(self, value: Argument, *, argument: str = "") -> str:
        """The text that SageMaker's API takes for a value.

        Args:
            argument: the name that the user wrote, when it is another one.

        Raises:
            ValueError: for a value that the algorithm refuses, with the right ones.
        """
        name = argument or self.name
        if self.kind == "list":
            return self._list_text(name, value)
        if not isinstance(value, (str, int, float)):
            raise refusal(name, value, f"give {self.described}.")
        if self.kind == "boolean":
            return self._boolean_text(name, value)
        if self.kind == "choice":
            check_value(name, value, self.words)
        elif self.kind != "text" and not (isinstance(value, str) and value in self.words):
            self._check_number(name, value)
            return self._number_text(value)
        return text_of(value)

    @property
    def described(self) -> str:
        """Its values in words: "a whole number from 1, or 'auto'"."""
        if self.kind == "boolean":
            return "True or False"
        words = " or ".join(map(repr, self.words))
        if self.kind == "choice":
            return f"one of {', '.join(map(repr, self.words))}" if len(self.words) > 1 else words
        if self.kind == "text":
            return "a text"
        if self.kind == "list":
            of = f"of {self.range.described}" if self.range else f"of {words}"
            return f"a tuple {of}" + (f", or {words}" if self.range and words else "")
        numbers = self.range.described if self.range else "a number"
        return numbers + (f", or {words}" if words else "")

    def _check_number(self, name: str, value: Value) -> None:
        allowed = self.range or Range()
        number = _number(value)
        if number is None or allowed.refuses(number):
            reason = None if number is None else allowed.refuses(number)
            plain = reason if reason and not self.words else f"give {self.described}."
            raise refusal(name, value, plain)

    def _boolean_text(self, name: str, value: Value) -> str:
        texts = dict(zip((False, True), self.words, strict=True))
        for truth, text in texts.items():
            if value is truth or (
                isinstance(value, str) and value.lower() in (text.lower(), str(truth).lower())
            ):
                return text
            if not isinstance(value, (bool, str)) and value == int(truth):
                return text
        raise refusal(name, value, "give True or False.")

    def _list_text(self, name: str, value: Argument) -> str:
        if isinstance(value, str) and (value in self.words and self.range is not None):
            return value
        items: Sequence[Value]
        if isinstance(value, str):
            try:
                items = json.loads(value) if value.startswith("[") else value.replace(" ", "").split(",")
            except ValueError:
                raise refusal(name, value, f"give {self.described}.") from None
        elif isinstance(value, Sequence):
            items = value
        else:
            raise refusal(name, value, f"give {self.described}.")
        if not items:
            raise refusal(name, value, f"is empty; give {self.described}.")
        for item in items:
            if self.range is None:
                if item not in self.words:
                    raise unknown(name, str(item), self.words, what=f"value of {name}")
            else:
                self._check_number(name, item)
        if self.separator:
            return self.separator.join(self._number_text(item) for item in items)
        return json.dumps([self._plain(item) for item in items])

    def _number_text(self, value: Value) -> str:
        """The text of a checked number; a fraction that is given as text stays as it is."""
        return text_of(value if isinstance(value, str) and not self._whole else self._plain(value))

    def _plain(self, value: Value) -> Value:
        """The number of a checked value, or the word as it is."""
        number = _number(value) if self.range else None
        return value if number is None or self.range is None else self.range.number(number)

    @property
    def _whole(self) -> bool:
        return self.range is not None and self.range.whole


def _number(value: Value) -> float | int | None:
    """The number of a text that an algorithm takes as one; None when it is none."""
    if isinstance(value, bool):
        return None
    if not isinstance(value, str):
        return value
    try:
        return int(value) if value.lstrip("+-").isdigit() else float(value)
    except ValueError:
        return None
