"""Numbers in a definition as moto's grammar reads them."""

import re

_STRING_OR_EXPONENT = re.compile(r'"(?:[^"\\]|\\.)*"|(?<=[0-9])[eE][+-]?0+(?=[0-9])')


def with_short_exponents(definition: str) -> str:
    """The definition without zeros at the beginning of exponents, as in 1e-05, which moto's grammar refuses.

    JSON allows them, and Python writes small numbers so.
    """
    return _STRING_OR_EXPONENT.sub(
        lambda match: match[0] if match[0][0] == '"' else match[0].rstrip("0"), definition
    )
