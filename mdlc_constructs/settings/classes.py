"""The classes of a multiclass dataset: what is refused of them."""

import math
from collections.abc import Mapping

from mdlc_constructs.settings.numbers import check_above
from mdlc_constructs.settings.refusal import refusal, unknown, with_article
from mdlc_constructs.settings.rules import canonical

MIN_CLASSES, MAX_CLASSES = 3, 1000
MAX_CHARACTERS = 128
"""Of a class: its name is part of metric names, such as `recall:setosa`."""


def check_classes(classes: tuple[str, ...], kind: str) -> None:
    """Refuse classes that cannot be the values of a label.

    Args:
        classes: the values as text.
        kind: the label's column type.

    Raises:
        ValueError: naming the class and the remedy.
    """
    if len(classes) < MIN_CLASSES:
        raise refusal("classes", classes, "give all classes, at least three; two are a binary task.")
    if len(classes) > MAX_CLASSES:
        raise refusal("classes", f"{len(classes)} names", f"give at most {MAX_CLASSES} classes.")
    if kind in ("boolean", "timestamp"):
        raise refusal(
            "label",
            kind,
            "a multiclass task needs a label of type 'category', 'text', 'integer' or 'number'.",
        )
    written: dict[str, str] = {}
    for name in classes:
        if len(name) > MAX_CHARACTERS:
            raise refusal("classes", name, f"give names of at most {MAX_CHARACTERS} characters.")
        other = written.setdefault(canonical(name), name)
        if other != name:
            raise refusal("classes", name, f"is read as the same value as {other!r}; name each class once.")
        if kind in ("integer", "number") and not _is_number(canonical(name), kind):
            raise refusal(
                "classes",
                name,
                f"the label is of type {kind!r} and never has this value; declare it as 'category' in "
                "columns, or give the classes as numbers in text.",
            )


def _is_number(text: str, kind: str) -> bool:
    """Whether the text is how a number of the column is written."""
    try:
        number = float(text)
    except ValueError:
        return False
    if not math.isfinite(number):
        return False
    written = str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)
    return written == text and (kind == "number" or number.is_integer())


def check_class_weights(weights: object, classes: tuple[str, ...], task: str) -> dict[str, float]:
    """The weights by class.

    Args:
        classes: the names of the classes; of a binary task ``positive`` and "other", none in other tasks.

    Raises:
        ValueError: naming the class or its weight, and the remedy.
    """
    if not isinstance(weights, Mapping):
        raise refusal("class_weights", weights, 'give each class its weight, such as {"rare": 5.0}.')
    if weights and not classes:
        raise refusal("class_weights", weights, f"{with_article(task)} task has no classes.")
    if weights and len(set(classes)) < len(classes):
        raise refusal(
            "positive",
            classes[0],
            "class_weights name the rows of the other class 'other', so that it would stand for both; write "
            "the label's value in another way in the files.",
        )
    for name, weight in weights.items():
        if not isinstance(name, str):
            raise refusal("class_weights", name, f"give the class as text: {str(name)!r}.")
        if name not in classes:
            raise unknown("class_weights", name, classes, what="class")
        check_above(f"class_weights[{name!r}]", weight, 0, 1e6)
    return dict(weights)
