"""The classes of a multiclass dataset: what is refused of them."""

import math

from mdlc_constructs.settings.refusal import refusal
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
