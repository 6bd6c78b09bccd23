"""The format of CSV files: their delimiter and their timestamp format."""

import re
from unicodedata import category

from mdlc_constructs.settings.payloads.dataset import DELIMITERS
from mdlc_constructs.settings.refusal import refusal

DIRECTIVES = "YymbBdjHIpMSfz"
"""The letters of strptime directives that all engines of the jobs interpret in the same way."""

_DATES = ({"m", "d"}, {"b", "d"}, {"B", "d"}, {"j"})
_EXAMPLE = "'%d.%m.%Y %H:%M'"


def check_delimiter(value: object) -> None:
    """Refuse a delimiter that is not supported.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """
    if value not in DELIMITERS:
        raise refusal("delimiter", value, f"choose one of {', '.join(map(repr, DELIMITERS))}.")


def check_timestamp_format(text: object) -> None:
    """Refuse a format that does not determine a time, or whose directives engines interpret differently.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """
    name = "timestamp_format"
    if not isinstance(text, str) or not text or any(category(sign) in ("Cc", "Cs") for sign in text):
        raise refusal(name, text, f"give a format of one line as strptime takes it, such as {_EXAMPLE}.")
    letters = re.findall(r"%(.?)", text.replace("%%", ""))
    for letter in letters:
        if not letter or letter not in DIRECTIVES:
            known = " ".join(f"%{directive}" for directive in DIRECTIVES)
            raise refusal(name, text, f"there is no %{letter}; use {known} and %%.")
    there = set(letters)
    if len(there) < len(letters):
        raise refusal(name, text, "tells a part of the time twice; name each once.")
    if len(there & {"Y", "y"}) != 1 or sum(1 for date in _DATES if date <= there) != 1:
        raise refusal(name, text, f"must tell year, month and day, each once, such as {_EXAMPLE}.")
    if ("I" in there) != ("p" in there) or {"H", "I"} <= there:
        raise refusal(name, text, "give %H for hours up to 23, or %I with %p for those up to 12.")
    if ("M" in there and not there & {"H", "I"}) or ("S" in there and "M" not in there):
        raise refusal(name, text, f"tells a part of the time without the larger one, unlike {_EXAMPLE}.")
