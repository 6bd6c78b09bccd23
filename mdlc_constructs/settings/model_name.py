"""The name of a model, with which the names of its resources and jobs begin."""

import re

MAX_NAME_CHARACTERS = 28
"""Job names are this name, a step's name and a digest; SageMaker allows 63 characters in all."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def check_model_name(name: str) -> None:
    """Refuse a name that the resources of a model cannot have.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME_CHARACTERS:
        raise ValueError(
            f"name={name!r} must be lowercase words joined by hyphens, at most "
            f"{MAX_NAME_CHARACTERS} letters: it begins the names of all jobs, such as flight-delay."
        )
