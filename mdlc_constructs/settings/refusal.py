"""How a setting refuses a value: one sentence with the argument, the value and the remedy."""

from collections.abc import Iterable
from difflib import get_close_matches

from mdlc_constructs.settings.strict_json import shown


def refusal(argument: str, value: object, remedy: str) -> ValueError:
    """The error to raise when ``argument`` holds ``value`` and ``remedy`` says what to give instead."""
    return ValueError(f"{argument}={shown(value)}: {remedy}")


def unknown(argument: str, value: object, known: Iterable[str], *, what: str) -> ValueError:
    """The error for a name that is not among ``known``, with the nearest right one when there is one.

    ``what`` is the noun a reader would use for such a name, for example "metric".
    """
    choices = sorted(known)
    near = get_close_matches(value, choices, n=1, cutoff=0.5) if isinstance(value, str) else []
    remedy = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(choices)}."
    return refusal(argument, value, f"no such {what}; {remedy}")
