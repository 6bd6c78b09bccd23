"""CDK tokens in settings: text in place of a value that is known only at deployment.

A setting of type text may hold a token (a bucket's name in a URI). Its content is not known, so it is not
checked. Tokens for numbers and lists are not text; the type checks refuse them.
"""

import re

_MARKERS = ("${Token[", "#{Token[")
_MAX_NUMBER_TOKEN = -1e289


def has_token(text: str) -> bool:
    """Whether the text contains a CDK token, or the marker of an encoded list."""
    return any(marker in text for marker in _MARKERS)


def is_number_token(value: float) -> bool:
    """Whether the number is a CDK token: the encoding of a value that is known only at deployment.

    Source: ``createTokenDouble`` in aws-cdk-lib's ``core/lib/private/encoding.ts``: such numbers are below
    -1e289.
    """
    return value <= _MAX_NUMBER_TOKEN


def without_tokens(text: str) -> str:
    """The text with each token replaced by one letter, so that a pattern can be checked."""
    return re.sub(r"[$#]\{Token\[[^\]]*\]\}", "t", text)
