"""Checks the fields Retry and Catch."""

from __future__ import annotations

from mdlc_local.states.definitions import templates, values
from mdlc_local.states.definitions.places import JSONATA, JSONPATH, Place

MAX_ATTEMPTS = 99999999
MAX_DELAY_SECONDS = 31622400

RETRIER: dict[str, values.Checker] = {
    "ErrorEquals": values.sequence,
    "IntervalSeconds": values.integer(0),
    "MaxAttempts": values.integer(0, MAX_ATTEMPTS),
    "BackoffRate": values.number(1),
    "MaxDelaySeconds": values.integer(1, MAX_DELAY_SECONDS),
    "JitterStrategy": values.one_of("NONE", "FULL"),
    "Comment": values.text,
}
CATCHER: dict[str, values.Checker] = {
    "ErrorEquals": values.sequence,
    "Next": values.text,
    "Assign": templates.assign,
    "Comment": values.text,
}
CATCHER_OF = {
    JSONPATH: {**CATCHER, "ResultPath": values.result_path},
    JSONATA: {**CATCHER, "Output": values.anything},
}


def retry(place: Place) -> None:
    """The retriers of a state."""
    # No field of a retrier is evaluated, in either query language.
    for retrier in _entries(place.in_language(JSONPATH)):
        values.fields(retrier, RETRIER, ["ErrorEquals"])


def catch(place: Place) -> None:
    """The catchers of a state."""
    other = JSONATA if place.language == JSONPATH else JSONPATH
    for catcher in _entries(place):
        table = dict(CATCHER_OF[place.language])
        if isinstance(catcher.value, dict):
            only = {"Output"} if other == JSONATA else {"ResultPath"}
            table |= dict.fromkeys(values.in_language_only(catcher, other, only), values.anything)
        values.fields(catcher, table, ["ErrorEquals", "Next"])


def _entries(place: Place) -> list[Place]:
    if not isinstance(place.value, list):
        place.fault("Expected value of type [ARRAY]")
        return []
    entries = list(place.children())
    for position, entry in enumerate(entries):
        _check_names(entry, is_last=position == len(entries) - 1)
    return entries


def _check_names(entry: Place, *, is_last: bool) -> None:
    names = entry.child("ErrorEquals") if entry.has("ErrorEquals") else None
    if names is None or not isinstance(names.value, list):
        return
    for name in names.children():
        values.text(name)
        if name.value == "States.ALL" and not (is_last and len(names.value) == 1):
            name.fault("States.ALL must appear alone and at end of list")
