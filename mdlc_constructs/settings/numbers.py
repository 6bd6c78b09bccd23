"""Checks of numbers and durations, with the same error messages for all settings."""

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import TypeGuard

from mdlc_constructs.settings.refusal import refusal


def check_whole(argument: str, value: object, least: int, most: int, *, unit: str = "") -> None:
    """Refuse a value that is not a whole number within the bounds, both included.

    Raises:
        ValueError: naming the argument, its value and the bounds.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        what = f"a whole number of {unit}" if unit else "a whole number"
        raise refusal(argument, value, f"give {what} from {least} to {most}.")


def check_above(argument: str, value: object, least: float, most: float, *, unit: str = "") -> None:
    """Refuse a value that is not a number above ``least`` and at most ``most``.

    Raises:
        ValueError: naming the argument, its value and the bounds.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least < value <= most:
        what = f"a number of {unit}" if unit else "a number"
        raise refusal(argument, value, f"give {what} above {least:g} and at most {most:g}.")


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a finite number; True and False are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -math.inf < value < math.inf


def check_mapping(argument: str, value: object, example: str) -> None:
    """Refuse a value that is no mapping from names.

    Args:
        example: such a mapping, as it is written.

    Raises:
        ValueError: naming the argument and its value.
    """
    if not isinstance(value, Mapping):
        raise refusal(argument, value, f"give a mapping, such as {example}.")


def check_duration(argument: str, value: object, least: timedelta, most: timedelta) -> None:
    """Refuse a value that is not a timedelta of whole seconds within the bounds, both included.

    Raises:
        ValueError: naming the argument, its value and the bounds.
    """
    if not isinstance(value, timedelta):
        raise refusal(argument, value, "give a timedelta, for example timedelta(minutes=10).")
    if value.microseconds or not least <= value <= most:
        raise refusal(argument, str(value), f"give whole seconds from {least} to {most}.")
