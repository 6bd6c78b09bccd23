"""Checks that the model registry can record a code version."""

import unicodedata

from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.token import has_token

MAX_CHARACTERS = 256


def check_code_version(value: str) -> None:
    """Refuse a code version that the model registry would refuse hours later.

    Source: the pattern of ``CustomerMetadataValue`` in SageMaker's API.

    Raises:
        ValueError: naming the first character that cannot be recorded, or the length.
    """
    if has_token(value):
        return
    wrong = [c for c in value if unicodedata.category(c)[0] not in "LNZ" and c not in "_.:/=+-@"]
    if wrong or not 1 <= len(value) <= MAX_CHARACTERS:
        why = f"{wrong[0]!r} cannot be recorded" if wrong else f"it has {len(value)} characters"
        raise refusal(
            "code_version", value, f"{why}; give 1 to {MAX_CHARACTERS} letters, digits, spaces and _.:/=+-@."
        )
