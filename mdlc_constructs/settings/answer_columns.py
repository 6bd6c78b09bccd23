"""The columns by which rules name a model's answer about several classes, beside the columns of the row.

`prediction` is the most probable class, `probability:<class>` the probability of a class.
"""

from collections.abc import Mapping, Sequence

PREDICTION = "prediction"
PROBABILITY = "probability:"
CLASS = "class"
"""The type of the column `prediction`: its values are the classes that have a probability."""


def answer_columns(classes: Sequence[str]) -> dict[str, str]:
    """The columns of an answer with their types; empty without classes."""
    if not classes:
        return {}
    return {PREDICTION: CLASS, **{f"{PROBABILITY}{name}": "number" for name in classes}}


def classes_of(columns: Mapping[str, str]) -> list[str]:
    """The classes that have a probability among the columns."""
    return [name.removeprefix(PROBABILITY) for name in columns if name.startswith(PROBABILITY)]


def answer_values(prediction: str | None, probabilities: Mapping[str, float] | None) -> dict[str, object]:
    """The values of the answer's columns; empty for an answer of one number."""
    if prediction is None:
        return {}
    named = {f"{PROBABILITY}{name}": value for name, value in (probabilities or {}).items()}
    return {PREDICTION: prediction, **named}
