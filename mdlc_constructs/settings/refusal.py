"""The errors by which settings refuse values: one sentence with the argument, the value and the remedy."""

from collections.abc import Iterable

from mdlc_constructs.settings.strict_json import shown
from mdlc_constructs.settings.synonyms import SYNONYMS
from mdlc_constructs.suggestions import did_you_mean


def refusal(argument: str, value: object, remedy: str) -> ValueError:
    """The error to raise for a value of an argument; ``remedy`` says what to pass instead."""
    return ValueError(f"{argument}={shown(value)}: {remedy}")


def with_article(noun: str) -> str:
    """The noun with the article that it is spoken with: "a ranking", "an anomaly"."""
    return f"{'an' if noun[:1].lower() in 'aeio' else 'a'} {noun}"


def unknown(argument: str, value: object, known: Iterable[str], *, what: str) -> ValueError:
    """The error to raise for a name that is not in ``known``, with a suggestion: a synonym or a similar name.

    ``what`` is a noun for such a name, for example "metric".
    """
    choices = sorted(known)
    if not choices:
        return refusal(argument, value, f"there is no {what} to choose; leave it out.")
    near = did_you_mean(value, choices, SYNONYMS) if isinstance(value, str) else ""
    remedy = near or f"choose one of {', '.join(choices)}."
    return refusal(argument, value, f"no such {what}; {remedy}")
