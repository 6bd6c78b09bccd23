"""CDK tokens in settings: text that stands for a value known only at deployment.

A setting may hold such text where text is expected (a bucket's name in a URI). It cannot be checked further,
so checks of the content step aside for it. Tokens for numbers and lists are not text and are refused by the
type checks.
"""

import re

_MARKERS = ("${Token[", "#{Token[")
_MAX_NUMBER_TOKEN = -1e289


def has_token(text: str) -> bool:
    """Whether the text contains a CDK token (or the first piece of an encoded list of them)."""
    return any(marker in text for marker in _MARKERS)


def is_number_token(value: float) -> bool:
    """Whether the number is one that CDK made to stand for a value known only at deployment.

    Source: ``createTokenDouble`` in aws-cdk-lib's ``core/lib/private/encoding.ts``: such numbers are below
    -1e289.
    """
    return value <= _MAX_NUMBER_TOKEN


def without_tokens(text: str) -> str:
    """The text with each token replaced by one letter, so that the pattern around them can be checked."""
    return re.sub(r"[$#]\{Token\[[^\]]*\]\}", "t", text)
