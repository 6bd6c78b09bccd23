"""The name that somebody meant by one that does not exist: by meaning first, then by spelling.

Every "did you mean" of the library comes from here. What means the same is known to the rooms, not to this
module: `settings/synonyms.py` holds the words of machine learning.
"""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

CUTOFF = 0.5
"""From which likeness of two spellings (0 to 1) one is suggested for the other."""


def nearest(
    name: object,
    known: Iterable[str],
    synonyms: Iterable[Collection[str]] = (),
    *,
    cutoff: float = CUTOFF,
) -> str | None:
    """The known name that means the same as `name`, or is spelt most like it or a synonym of it.

    Args:
        synonyms: groups of names that mean the same, in lower case with underscores; of a group's known
            names the first is suggested.
        cutoff: from which likeness of two spellings one is suggested.

    Returns:
        None when none is near.
    """
    if not isinstance(name, str):
        return None
    choices = list(known)
    by_fold: dict[str, str] = {}
    for choice in choices:
        by_fold.setdefault(_fold(choice), choice)
    meanings = dict(by_fold)
    for group in synonyms:
        meant = next((by_fold[word] for word in group if word in by_fold), None)
        if meant is not None:
            for word in group:
                meanings.setdefault(word, meant)
    asked = _fold(name)
    if asked in meanings:
        return meanings[asked]
    spelt = get_close_matches(asked, meanings, n=1, cutoff=cutoff)
    return meanings[spelt[0]] if spelt else None


def did_you_mean(name: object, known: Iterable[str], synonyms: Iterable[Collection[str]] = ()) -> str | None:
    """The question for the nearest known name; None when none is near."""
    suggestion = nearest(name, known, synonyms)
    return None if suggestion is None else f"did you mean {suggestion!r}?"


def _fold(name: str) -> str:
    """Case, hyphens and blanks aside, which are the commonest differences between two libraries' names."""
    return name.strip().lower().replace("-", "_").replace(" ", "_")
