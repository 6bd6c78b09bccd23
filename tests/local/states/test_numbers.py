"""Small numbers in a definition, as Python writes them."""

import json

from mdlc_local.states.numbers import with_short_exponents


def test_numbers_as_python_writes_small_ones_are_read() -> None:
    small = '{"a": 1e-05, "b": 2.5E+010, "c": 1e-10, "d": "1e-05 \\"3e-07", "e": 1e00}'
    shortened = with_short_exponents(small)
    assert shortened == '{"a": 1e-5, "b": 2.5E+10, "c": 1e-10, "d": "1e-05 \\"3e-07", "e": 1e0}'
    assert json.loads(shortened) == json.loads(small)
