"""Suggests the name that was probably meant by an unknown one: by synonyms first, then by spelling.

All "did you mean" messages of the library come from here. Synonyms are passed in by the caller:
`settings/synonyms.py` has those of machine learning.
"""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

CUTOFF = 0.5
"""Least similarity of two spellings (0 to 1) for a suggestion."""


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
        The suggested name, or None when none is similar.
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
    """A question that suggests the nearest known name, or None when none is similar."""
    suggestion = nearest(name, known, synonyms)
    return None if suggestion is None else f"did you mean {suggestion!r}?"


def _fold(name: str) -> str:
    """The name without differences in case, hyphens and blanks, the most common ones between libraries."""
    return name.strip().lower().replace("-", "_").replace(" ", "_")
